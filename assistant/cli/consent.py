"""Commands on preferences, and on consent to what is sensitive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.common import AsJson, print_json, progress_bars, say
from assistant.cli.memories import opened, show_plan
from assistant.cli.profile import line_json, now, read_profile
from memory.errors import NotFound

if TYPE_CHECKING:
    from assistant.elicit.repeated import Often
    from memory.store import MemoryStore
    from memory.user.lines import Line, Topic

consent = typer.Typer(
    help="Whether health, religion, orientation, politics, ethnicity or finances may stand in "
    "your profile.\n\nNothing of these is ever inferred. What you said yourself waits for your "
    "yes; an allergy is heeded meanwhile. TOPIC is one of the six words, LINE an id as "
    "`lifelore consent show` prints it.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(consent, name="consent")
    app.command()(preferences)


# -- preferences


def preferences(context: typer.Context, as_json: AsJson = False) -> None:
    """List what you like, avoid and do, and how you want to be answered, the surest first.

    Each with where it holds ("at work"), how sure it is, from how many of your messages, and when
    you last said so. Old tastes fade; saying so again strengthens them. What you never said, but
    asked for in three conversations or more, comes last, and is no part of your profile.
    """
    from assistant.portrait import is_preference, often_text, repeated

    with opened(context) as store:
        read_profile(store)
        lines = store.profile.lines(now())
        found = [line for line in lines if is_preference(line)]
        found_often = repeated(store, lines, now())
    found.sort(key=lambda line: (-line.belief, line.text))
    if as_json:
        print_json([*map(_preference_json, found), *map(_often_json, found_often)])
        return
    for line in found:
        where = f"  ({line.context})" if line.context else ""
        print(f"{line.belief:.2f}  {line.last_at.date().isoformat()}  {line.text}{where}")
        print(f"      {line.id}  said {len(line.sources)}x")
    for each in found_often:
        print(f"{each.belief:.2f}  {each.last_at.date().isoformat()}  {often_text(each)}")
        print(f"      {' '.join(each.sources)}")
    if not found and not found_often:
        print("No preferences are known yet.")


# -- consent

What = Annotated[str, typer.Argument(metavar="TOPIC|LINE", help="A topic, or a line's id.")]


@consent.command(name="show")
def show_consent(context: typer.Context, as_json: AsJson = False) -> None:
    """List the topics and the sensitive lines, with what you decided."""
    from memory.user.lines import Topic

    with opened(context) as store:
        read = read_profile(store)
    lines = [line for line in (*read.lines, *read.history) if line.topic is not None]
    if as_json:
        topics = {topic.value: topic in read.barred for topic in Topic}
        print_json({"barred": topics, "lines": [line_json(line) for line in lines]})
        return
    for topic in Topic:
        of = [line for line in lines if line.topic is topic]
        print(f"{topic.value}: {'barred' if topic in read.barred else f'{len(of)} kept or asked'}")
        for line in of:
            state = {True: "kept", None: "waits for your yes"}.get(line.consent, "refused")
            print(f"  {line.text}")
            print(f"      {line.id}  {state}")


@consent.command()
def give(context: typer.Context, what: What) -> None:
    """Say yes: the line, or all of the topic, may stand in your profile."""
    with opened(context) as store:
        target = _target(store, what)
        store.answer_consent(target, "yes")
        store.catch_up_instant()
    print(f"May be kept: {_name(target)}")


@consent.command()
def revoke(
    context: typer.Context,
    what: What,
    keep_words: Annotated[
        bool,
        typer.Option("--keep-words", help="Leave your messages; only the profile forgets."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Say no: take a line, or all of a topic for good, out of your profile and erase the words.

    Shows first which of your messages go, with all that was derived from them.
    """
    with opened(context) as store:
        target = _target(store, what)
        plan = None if keep_words else store.plan_revoking(target)
        if plan is not None:
            show_plan(plan)
        if dry_run:
            return
        if not yes and not typer.confirm(f"No more of this: {_name(target)}?", err=True):
            raise typer.Exit(1)
        with progress_bars() as progress:
            done = store.revoke(target, plan, progress)
    print(f"Taken out: {_name(target)}. {done.erased} erased.")
    if done.left_in:
        names = ", ".join(path.name for path in done.left_in)
        say(f"The same words also stand in other memories or are held by another Lifelore: {names}")


# -- helpers


def _target(store: MemoryStore, what: str) -> Line | Topic:
    from memory.user.lines import Topic

    read = read_profile(store)
    if what.lower() in {topic.value for topic in Topic}:
        return Topic(what.lower())
    if (line := read.line(what)) is None:
        topics = ", ".join(topic.value for topic in Topic)
        raise NotFound(f"There is no line {what}, and no such topic; topics are {topics}.")
    return line


def _name(target: Line | Topic) -> str:
    return str(getattr(target, "text", target))


def _preference_json(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "context": line.context or None,
        "preference": line.text,
        "value": line.value or None,
        "polarity": line.polarity,
        "strength": line.belief,
        "evidence": len(line.sources),
        "last_seen": line.last_at.isoformat(),
        "confirmed": line.confirmed,
        "implicit": False,
        "sources": list(line.sources),
    }


def _often_json(each: Often) -> dict[str, Any]:
    from assistant.portrait import often_text

    return {
        "id": None,
        "context": each.domain,
        "preference": often_text(each),
        "value": each.label,
        "polarity": 1,
        "strength": each.belief,
        "evidence": len(each.sources),
        "last_seen": each.last_at.isoformat(),
        "confirmed": False,
        "implicit": True,
        "sources": list(each.sources),
    }
