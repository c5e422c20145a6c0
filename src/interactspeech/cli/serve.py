"""`interactspeech serve`: a text model of this machine as an OpenAI-compatible endpoint."""

from __future__ import annotations

from contextlib import suppress

import click


@click.command("serve")
@click.argument("model", metavar="MODEL")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets others in too.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--name", default="", help="That clients ask for. [the folder's]")
@click.option("--cpu", is_flag=True, help="Do not use the GPU.")
@click.option("--allow-cpu", is_flag=True, help="Let a large model run on the CPU all the same.")
def command(model: str, host: str, port: int, name: str, cpu: bool, allow_cpu: bool) -> None:
    """Serve a text model: a folder of `train text` or `train merge`, or a base by name.

    One question at a time, and nobody is asked who they are: for one user on one machine. For more,
    serve the merged model with vLLM, which speaks the same protocol.

    \b
    Example:
      interactspeech serve adapter --port 8000 --name mine
      interactspeech script chats.txt -o s.jsonl --llm local:mine --base-url http://localhost:8000/v1
    """
    from interactspeech.training.text.generation import LocalModel
    from interactspeech.training.text.serving import Server

    local = LocalModel(model, device="cpu" if cpu else "", allow_cpu=allow_cpu)
    server = Server(local, name=name, host=host, port=port)
    click.echo(f"serving {server.name!r} at {server.url} (Ctrl-C ends it)", err=True)
    with suppress(KeyboardInterrupt):
        server.serve()
