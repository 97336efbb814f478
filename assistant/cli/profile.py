"""Commands on the profile: the page, editing it, what held before, taking an edit back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from assistant.cli.common import AsJson, print_json, say
from assistant.cli.editor import edited
from assistant.cli.memories import opened
from memory.errors import NotFound, RefusedInput

if TYPE_CHECKING:
    from memory.events import Consent, Event, ProfileEdit
    from memory.store import MemoryStore
    from memory.user.lines import Line
    from memory.user.profile import Profile
    from memory.user.said import Act

profile = typer.Typer(
    help="What Lifelore holds to be true of you: one page, yours to read and to change.\n\n"
    "It is made from what you said of yourself, in your own words. `lifelore profile edit` opens "
    "it in your editor; what you write there stands above everything that is derived. "
    "`lifelore why ID` shows the words behind a line.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    app.add_typer(profile, name="profile")


# -- the page


@profile.command()
def show(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also lines the page has no room for.")] = (
        False
    ),
    as_json: AsJson = False,
) -> None:
    """Print the page: sections, a line each, with its date, standing and id.

    Lines under "May I keep this?" are sensitive and wait for your yes: `lifelore consent give ID`.
    """
    from memory.user.page import page

    with opened(context) as store:
        read = read_profile(store)
        if as_json:
            print_json([line_json(line) for line in store.profile.lines(now())])
            return
    shown = page(read, None) if every else page(read)
    print(shown.text, end="")
    if not read.lines:
        say("(Nothing is known of you yet; tell Lifelore, or write it: `lifelore profile edit`.)")


@profile.command()
def edit(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also lines the page has no room for.")] = (
        False
    ),
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Take the edited page from this file.", show_default=False),
    ] = None,
) -> None:
    """Edit the page as text, in $VISUAL or $EDITOR.

    Change words, remove lines, write new ones (`- I live in Lyon.`) under any heading; tick a box
    to say yes. What you write on health or faith waits for your yes, too; `- [x] I'm a Quaker.`
    says it at once. The [dates] and ^ids at the end of a line may stay as they are. Your words
    win for ever over what is derived; `lifelore profile undo` takes an edit back.
    """
    from memory.forget import KEPT_EDIT
    from memory.user.page import editable, edits, page

    with opened(context) as store:
        kept = store.home / KEPT_EDIT
        before = editable(page(read_profile(store), None if every else 2000))
        if source is not None:
            text = _read_file(source)
        else:
            if kept.exists():
                say(f"(Going on with the page kept in {kept}.)")
            begun = kept.read_text("utf-8") if kept.exists() else before
            text = edited(kept, begun, "use `lifelore profile edit --from`")
        if text == before:
            kept.unlink(missing_ok=True)
            print("Nothing was changed.")
            return
        try:
            changes = edits(text, read_profile(store))
        except RefusedInput as refused:
            if source is None:
                say(f"(Your text is kept in {kept}; `lifelore profile edit` opens it again.)")
            raise RefusedInput(str(refused)) from refused
        _append(store, changes)
        kept.unlink(missing_ok=True)
    print(_told(changes))


@profile.command()
def history(
    context: typer.Context,
    line: Annotated[
        str | None,
        typer.Argument(
            metavar="LINE", help="A line's id, or an attribute such as home.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what held before and from when to when: of one line, or everything that is over.

    Without LINE your edits and your answers to "May I keep this?" are listed as well, with the ids
    that `lifelore profile undo` takes.
    """
    with opened(context) as store:
        read = read_profile(store)
        found = list(read.history) if line is None else store.profile.history(line, now())
        done = _edits(store) if line is None else []
    if as_json:
        lines = [line_json(each) for each in found]
        print_json({"lines": lines, "edits": [_edit_json(act) for act in done]})
        return
    for each in found:
        end = each.until.date().isoformat() if each.until else "today"
        after = f"  -> {each.replaced_by}" if each.replaced_by else ""
        print(f"{each.first_at.date().isoformat()} – {end}  {each.text}")
        print(f"      {each.id}{after}")
    for act in done:
        print(f"{act.at:%Y-%m-%d %H:%M}  {_describe(act)}")
        print(f"      {act.id}")
    if not found and not done:
        print("Nothing has changed so far.")


@profile.command()
def undo(
    context: typer.Context,
    edit_id: Annotated[
        str | None,
        typer.Argument(
            metavar="EDIT",
            help="Id of an edit or an answer; the newest without.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take back an edit of the profile, or a yes or no to a line, also one ticked on the page.

    Nothing is lost: undoing the undo brings it again.
    """
    from memory.events import ProfileEdit
    from memory.user.consents import active

    with opened(context) as store:
        read_profile(store)
        acts = _edits(store)
        standing = active(acts)
        if edit_id is None:
            if not standing:
                raise NotFound("There is no edit to take back.")
            edit_id = standing[-1].id
        chosen = [act for act in acts if act.id == edit_id]
        if not chosen:
            raise NotFound(f"There is no edit {edit_id}; `lifelore profile history` lists them.")
        edit = chosen[0].payload
        is_undo = isinstance(edit, ProfileEdit) and edit.op == "undo"
        if not is_undo and chosen[0] not in standing:
            raise RefusedInput(f"The edit {edit_id} was taken back already.")
        _append(store, [ProfileEdit(op="undo", undoes=edit_id)])
    print(f"Taken back: {_describe(chosen[0])}")


# -- helpers


def now() -> datetime:
    return datetime.now(UTC)


def read_profile(store: MemoryStore) -> Profile:
    store.catch_up_instant()
    return store.profile.read(now())


def _append(store: MemoryStore, changes: Sequence[ProfileEdit | Consent]) -> list[Event]:
    from memory.events import Draft, Origin

    drafts = [Draft(payload=each, session_id="", origin=Origin.USER) for each in changes]
    events = store.append(drafts)
    store.catch_up_instant()
    return events


def _read_file(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedInput(f"{path} cannot be read as UTF-8 text; nothing was changed.") from error


def _told(changes: Sequence[ProfileEdit | Consent]) -> str:
    if not changes:
        return "Nothing was changed."
    kinds = [each.answer if each.kind == "consent" else each.op for each in changes]
    names = {"add": "added", "replace": "changed", "retire": "removed", "yes": "agreed to"}
    counts = {names.get(kind, "refused"): kinds.count(kind) for kind in dict.fromkeys(kinds)}
    return ", ".join(f"{count} {name}" for name, count in counts.items()) + "."


def _edits(store: MemoryStore) -> list[Act]:
    """What the user did to single lines; what they decided on a topic is no edit."""
    return [
        act for act in store.profile.acts() if act.payload.kind != "consent" or act.payload.line
    ]


def _describe(act: Act) -> str:
    edit = act.payload
    if edit.kind == "consent":
        return f"you {'agreed to keep' if edit.answer == 'yes' else 'refused'} {edit.line}"
    words: dict[Literal["add", "replace", "retire", "confirm", "undo"], str] = {
        "add": f"you added: {edit.text}",
        "replace": f"you wrote in the place of {edit.line}: {edit.text}",
        "retire": f"you removed {edit.line}",
        "confirm": f"you confirmed {edit.line}",
        "undo": f"you took back {edit.undoes}",
    }
    return words[edit.op]


def _edit_json(act: Act) -> dict[str, Any]:
    return {"id": act.id, "at": act.at.isoformat(), **act.payload.model_dump()}


def line_json(line: Line) -> dict[str, Any]:
    """A line of the profile as every command prints it."""
    return {
        "id": line.id,
        "kind": "profile line",
        "section": line.section.value,
        "text": line.text,
        "attribute": line.attribute or None,
        "value": line.value or None,
        "context": line.context or None,
        "polarity": line.polarity,
        "belief": line.belief,
        "topic": line.topic.value if line.topic else None,
        "consent": line.consent,
        "confirmed": line.confirmed,
        "sources": list(line.sources),
        "first_at": line.first_at.isoformat(),
        "last_at": line.last_at.isoformat(),
        "until": line.until.isoformat() if line.until else None,
        "replaced_by": line.replaced_by,
    }
