"""`baseload chat`: talk in the terminal, and see what each answer took."""

import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import click

from baseload.cli.place import base_url, data_option, frozen_cloud, saved_keys
from baseload.cli.root import Command
from baseload.cli.show import cents, say
from baseload.cli.stream import Answer, Declined, Talker
from baseload.config.cloud import Cloud
from baseload.errors import SetupError

Message = dict[str, str]


@click.command(cls=Command, example='baseload chat "Why is the sky blue?"')
@click.argument("prompt", nargs=-1)
@click.option("--model", help="A model id; the first one of the cloud otherwise.")
@click.option("--system", help="What the model is told before the first message.")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 2),
    default=0.6,
    show_default=True,
    help="How freely it picks words; a very small model rambles at the API's own default of 1.",
)
@click.option("--max-tokens", type=click.IntRange(min=1), default=256, show_default=True, help="Longest answer.")
@click.option("--tier", type=click.Choice(["priority", "default", "flex"]), help="The key's own otherwise.")
@click.option("--url", help="Base URL (…/v1) of a cloud elsewhere.")
@click.option("--key", envvar="BASELOAD_API_KEY", show_envvar=True, help="API key; the one that `up` made otherwise.")
@data_option
def chat(
    prompt: tuple[str, ...],
    model: str | None,
    system: str | None,
    temperature: float,
    max_tokens: int,
    tier: str | None,
    url: str | None,
    key: str | None,
    data: Path,
) -> None:
    """Talk to a model. With PROMPT (or text on stdin) one answer; without, a conversation.

    Ctrl-C stops an answer, /new forgets the conversation, Ctrl-D leaves.
    """
    cloud = None if url and key and model else frozen_cloud(data)
    talker = Talker(url or base_url(_known(cloud)), key or _own_key(_known(cloud), data))
    request: dict[str, object] = {
        "model": model or _known(cloud).models[0].id,
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    if tier:
        request["service_tier"] = tier
    opening: list[Message] = [{"role": "system", "content": system}] if system else []
    if prompt or not sys.stdin.isatty():
        text = " ".join(prompt) or sys.stdin.read()
        if not text.strip():
            raise click.UsageError("nothing to ask: give a PROMPT, or text on stdin.")
        _one_answer(talker, request, [*opening, {"role": "user", "content": text}])
    else:
        _converse(talker, request, opening)


def _known(cloud: Cloud | None) -> Cloud:
    if cloud is None:
        raise click.UsageError("say --url, --key and --model together for a cloud elsewhere.")
    return cloud


def _own_key(cloud: Cloud, data: Path) -> str:
    """The first external tenant's key, as `up` saved it: a person at the terminal is a paying one."""
    keys = saved_keys(data).tenants
    order = sorted(cloud.tenants, key=lambda t: (t.business != "external", t.tier == "flex"))
    for tenant in order:
        if tenant.id in keys:
            return keys[tenant.id]
    raise SetupError(f"no key is saved in {data}; make one with: baseload keys create TENANT, and give it with --key")


def _one_answer(talker: Talker, request: dict[str, object], messages: list[Message]) -> None:
    answer = Answer()
    for piece in talker.ask(request | {"messages": messages}, answer):
        click.echo(piece, nl=False)
    click.echo()
    say(figures(answer))


def _converse(talker: Talker, request: dict[str, object], opening: list[Message]) -> None:
    """Multi-turn. A refused message is taken back, so that the next one is not refused for it."""
    say(f"{request['model']} · Ctrl-C stops an answer · /new forgets · Ctrl-D leaves")
    messages = list(opening)
    for text in _lines():
        if text == "/new":
            messages = list(opening)
            say("(forgotten)")
            continue
        messages.append({"role": "user", "content": text})
        answer = Answer()
        try:
            _print_until_stopped(talker.ask(request | {"messages": messages}, answer))
        except Declined as e:
            say(f"refused: {e}")
            messages.pop()
            continue
        messages.append({"role": "assistant", "content": answer.text})
        say(figures(answer))


def _lines() -> Iterator[str]:
    try:
        import readline  # noqa: F401  # line editing and history, where Python was built with it
    except ImportError:
        pass
    while True:
        try:
            text = input("\n› ").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if text in {"/quit", "/exit"}:
            return
        if text:
            yield text


def _print_until_stopped(pieces: Generator[str]) -> None:
    with closing(pieces):
        try:
            for piece in pieces:
                click.echo(piece, nl=False)
        except KeyboardInterrupt:
            click.echo(" (stopped)", nl=False)
    click.echo()


def figures(answer: Answer) -> str:
    """One line: tokens, cents, joules with their mark, milliseconds to the first token and in all."""
    usage = answer.usage
    first = f"{answer.first_s * 1000:.0f} ms to the first token, " if answer.first_s is not None else ""
    took = f"{first}{answer.all_s * 1000:.0f} ms in all"
    if not usage:
        return f"  stopped before the figures came · {took}"
    parts = [f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens"]
    if usage.get("cost_usd") is not None:
        parts.append(cents(usage["cost_usd"]))
    if usage.get("energy_joules") is not None:
        parts.append(f"{usage['energy_joules']:.3g} J {usage.get('energy_kind', '')}".rstrip())
    if answer.finish == "length":
        took += " (cut at --max-tokens)"
    return "  " + " · ".join([*parts, took])
