"""`interactspeech serve`: a text model of this machine as an OpenAI-compatible endpoint."""

from __future__ import annotations

from contextlib import suppress

import click

from interactspeech.cli.common import Command


@click.command(
    "serve",
    cls=Command,
    examples="""
    interactspeech serve adapter --port 8000 --name mine
    interactspeech script chats.txt -o s.jsonl --llm local:mine --base-url http://localhost:8000/v1
    interactspeech serve smollm2-135m --cpu
    """,
    failure="the model cannot be loaded, or the port is in use",
)
@click.argument("model", metavar="MODEL")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0: all interfaces.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on.",
)
@click.option("--name", default="", help="Model name that clients use. [the folder's name]")
@click.option("--cpu", is_flag=True, help="Do not use the GPU.")
@click.option("--allow-cpu", is_flag=True, help="Run even a large model on the CPU.")
def command(model: str, host: str, port: int, name: str, cpu: bool, allow_cpu: bool) -> None:
    """Serve a text model: a folder of `train text` or `train merge`, or a base model by name.

    It answers one request at a time and asks for no key: it is meant for one user on one machine.
    For more users, serve the merged model with vLLM, which speaks the same protocol.
    """
    from interactspeech.training.text.generation import LocalModel
    from interactspeech.training.text.serving import Server

    local = LocalModel(model, device="cpu" if cpu else "", allow_cpu=allow_cpu)
    server = Server(local, name=name, host=host, port=port)
    click.echo(f"serving {server.name!r} at {server.url} (Ctrl-C ends it)", err=True)
    with suppress(KeyboardInterrupt):
        server.serve()
