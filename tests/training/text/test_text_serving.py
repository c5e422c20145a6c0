"""A trained model behind a local endpoint: asked by the official client, and as script writer."""

import pytest

from interactspeech.errors import InputError
from interactspeech.records import PlainDialogue, Script
from interactspeech.scripts import check, demo_dialogues
from interactspeech.training.text.generation import LocalModel, ModelRequest, ServiceModel
from interactspeech.training.text.questions import LocalWriterSettings
from interactspeech.training.text.serving import Server
from interactspeech.training.text.writer import LocalWriter

pytest.importorskip("trl")
openai = pytest.importorskip("openai")


@pytest.fixture(scope="module")
def server(trained):
    with Server(LocalModel(str(trained.adapter)), name="tiny") as running:
        yield running


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.url, api_key="none", max_retries=0) as one:
        yield one


def test_the_official_client_is_answered(server, client):
    assert [model.id for model in client.models.list()] == ["tiny"]
    messages = [{"role": "user", "content": "A: So we take the early train.\n(B listens)"}]

    def ask(**more):
        found = client.chat.completions.create(
            model="tiny", messages=messages, max_tokens=12, **more
        )
        return found.choices[0].message.content

    assert ask(seed=3) == ask(seed=3)
    assert len({ask(seed=n, temperature=1.5) for n in range(5)}) > 1
    likeliest = server.model.answer([ModelRequest(messages, most=12, temperature=0.0)])[0]
    assert ask(temperature=0) == likeliest


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"stream": True}, "streams"),
        ({"n": 2}, "several choices"),
        ({"response_format": {"type": "json_object"}}, "structured output"),
        ({"model": "gpt"}, "no model 'gpt'"),
        ({"messages": []}, "role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]},
            "not a chat",
        ),
        ({"max_tokens": "many"}, "not a chat"),
    ],
)
def test_what_cannot_be_done_is_refused(client, more, says):
    asked = {"model": "tiny", "messages": [{"role": "user", "content": "hi"}], **more}
    with pytest.raises(openai.APIStatusError, match=says) as caught:
        client.chat.completions.create(**asked)
    assert caught.value.status_code in {400, 404}


def test_other_paths_and_large_bodies_are_refused(server):
    import http.client

    connection = http.client.HTTPConnection(*server.url[7:-3].split(":"))
    connection.request("GET", "/etc/passwd")
    assert connection.getresponse().status == 404
    connection.close()
    connection.request("POST", "/v1/chat/completions", headers={"content-length": str(10**9)})
    assert connection.getresponse().status == 413
    connection.close()


def test_the_served_model_is_a_script_writer(server):
    plains = [one for one in demo_dialogues() if isinstance(one, PlainDialogue)][:4]
    settings = LocalWriterSettings(least=1, tries=2)
    writer = LocalWriter(ServiceModel("tiny", server.url), settings, seed=5)
    found = list(writer.write(plains))
    assert len(found) == len(plains)
    # A model this small may fail; then its dialogue is lost with a reason, never kept unchecked.
    for item in found:
        if isinstance(item, Script):
            assert not check(item)
        else:
            assert item.reason.startswith(("local-", "check-"))
    assert writer.report()["asked"]["place"] >= 4


def test_an_endpoint_that_is_away_is_one_clear_error():
    model = ServiceModel("tiny", "http://127.0.0.1:9/v1")
    model._client = model._client.with_options(max_retries=0)
    with pytest.raises(InputError, match="does not answer") as caught:
        model.answer([ModelRequest([{"role": "user", "content": "hi"}])])
    assert caught.value.reason == "llm-unreachable"
