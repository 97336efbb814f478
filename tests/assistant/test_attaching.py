"""Files that are put into a conversation."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from assistant import attaching, pictures
from assistant.attaching import read_document
from assistant.models.base import ChatMessage
from assistant.session import Assistant
from assistant.updates import Notice
from memory.errors import RefusedInput
from memory.events import Origin
from tests.assistant.builders import answer_to, only, open_scripted

CONTRACT = (
    "The tenant keeps two cats.\n\n"
    + "\n\n".join(
        f"Clause {n}. " + f"The party of part {n} pays {n} florins on the first of each month. " * 6
        for n in range(1, 71)
    )
    + "\n\nThe cellar with the old oven belongs to the bakery next door."
)


def pdf(text: str) -> bytes:
    """A file of one page that says this."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    drawn = DecodedStreamObject()
    drawn.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = drawn
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


RENT = "The rent is 700 florins."


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.txt", "Grüße\n", "Grüße\n"),
        ("bom.txt", b"\xef\xbb\xbfhello", "hello"),
        ("wide.txt", "hello".encode("utf-16"), "hello"),
        ("old.txt", b"caf\xe9", "café"),
        ("a.pdf", pdf(RENT), RENT),
        ("no-ending", pdf(RENT), RENT),
    ],
)
def test_words_are_read(tmp_path: Path, name: str, data: bytes | str, text: str) -> None:
    found = read_document(written(tmp_path, name, data))
    assert (found.name, found.text.strip()) == (name, text.strip())


PASS = ("Ms Anna Weber", "Gate B22 at 18:45", "Bring the blue folder.")


def picture(path: Path, *lines: str) -> Path:
    """A picture that says this, or a plain one; a PDF of it by the name."""
    drawn = Image.new("RGB", (700, 90 + 60 * len(lines)), "white" if lines else "skyblue")
    for number, line in enumerate(lines):
        font = ImageFont.load_default(28)
        ImageDraw.Draw(drawn).text((40, 40 + 60 * number), line, fill="black", font=font)
    drawn.save(path)
    return path


def words_of(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("name", ["pass.png", "pass.JPG", "scan.pdf"])
def test_words_in_pictures_are_read_without_a_network(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("it asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    told: list[tuple[str, int, int]] = []
    found = read_document(picture(tmp_path / name, *PASS), lambda *step: told.append(step))
    assert [words_of(line) for line in found.text.strip().split("\n")] == [
        words_of(line) for line in PASS
    ]
    assert told == ([("Reading scan.pdf", 0, 1)] if name == "scan.pdf" else [])


def test_what_is_drawn_on_nothing_is_read_on_white(tmp_path: Path) -> None:
    drawn = Image.new("RGBA", (500, 120), (0, 0, 0, 0))
    font = ImageFont.load_default(28)
    ImageDraw.Draw(drawn).text((40, 40), "Gate B22", fill="black", font=font)
    drawn.save(tmp_path / "clear.png")
    assert words_of(read_document(tmp_path / "clear.png").text) == ["Gate", "B22"]


def test_every_page_of_a_scan_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Image.open(picture(tmp_path / f"{n}.png", f"Page {n}")) for n in (1, 2))
    first.save(tmp_path / "scan.tiff", save_all=True, append_images=[second])
    assert words_of(read_document(tmp_path / "scan.tiff").text) == ["Page", "1", "Page", "2"]
    monkeypatch.setattr(pictures, "MOST_PAGES", 1)
    with pytest.raises(RefusedInput, match="more than 1 pages"):
        read_document(tmp_path / "scan.tiff")


def test_a_picture_that_cannot_be_decoded_does_not_spoil_the_pages_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = PdfWriter()
    writer.append(BytesIO(pdf(RENT)))
    writer.append(picture(tmp_path / "cover.pdf", *PASS))
    writer.write(tmp_path / "both.pdf")

    def broken(*_: object) -> str:
        raise RefusedInput("Page 2 cannot be read as a picture.")

    monkeypatch.setattr(pictures.PictureReader, "words", broken)
    assert read_document(tmp_path / "both.pdf").text.strip() == RENT


def test_what_stands_beside_one_another_is_one_line() -> None:
    spans = [(0.0, 20.0), (3.0, 22.0), (30.0, 50.0)]
    assert pictures._lines(["Seat", "14C", "Gate"], spans) == "Seat   14C\nGate"


def test_a_long_scan_is_refused_before_hours_are_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attaching, "MOST_PAGES", 0)
    with pytest.raises(RefusedInput, match="1 scanned pages, and 0 can be read"):
        read_document(picture(tmp_path / "scan.pdf", *PASS))


def locked(path: Path) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret")
    writer.write(path)
    return path.read_bytes()


def test_files_without_words_are_refused_with_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = PdfWriter()
    blank.add_blank_page(100, 100)
    blank.write(tmp_path / "blank.pdf")
    cases = {
        tmp_path / "missing.txt": "cannot be read",
        tmp_path: "is a folder",
        written(tmp_path, "x.bin", b"\x00\x01\x02"): "neither text nor a PDF",
        written(tmp_path, "x.png", b"\x89PNG"): "may be damaged",
        picture(tmp_path / "sky.png"): "no words in sky.png",
        written(tmp_path, "empty.txt", " \n"): "no words in empty.txt",
        written(tmp_path, "broken.pdf", b"%PDF-1.7 nothing"): "may be damaged",
        tmp_path / "blank.pdf": "no words in blank.pdf",
        written(tmp_path, "locked.pdf", locked(tmp_path / "l.pdf")): "locked with a password",
    }
    for path, why in cases.items():
        with pytest.raises(RefusedInput, match=why):
            read_document(path)
    monkeypatch.setattr(attaching, "MOST_CHARACTERS", 3)
    with pytest.raises(RefusedInput, match="3 can be attached"):
        read_document(written(tmp_path, "long.txt", "four"))


def opened(home: Path, prompts: list[str]) -> Assistant:
    def script(messages: list[ChatMessage]) -> str:
        prompts.append(messages[-1].content)
        return "So it says."

    return open_scripted(home, script)  # type: ignore[arg-type]  # a list is a sequence


def test_what_fits_goes_into_the_prompt_and_what_did_not_is_said(
    home: Path, tmp_path: Path
) -> None:
    prompts: list[str] = []
    assistant = opened(home, prompts)
    try:
        session = assistant.session()
        card = session.attach(written(tmp_path, "rent.txt", CONTRACT))
        assert (card.speaker, card.document, card.origin) == ("rent.txt", True, Origin.THIRD_PARTY)
        updates = list(session.send("Whose is the cellar with the old oven?"))
        assert "belongs to the bakery next door" in prompts[-1]
        told = " ".join(notice.text for notice in only(Notice, updates))
        assert "more passages of what you attached were not looked at" in told
        assert "more memories did not fit into the prompt" in told
        # The conversation itself is as it was; the document is one entry of it.
        assert [turn.document for turn in session.turns()] == [True, False, False]
        assert session.turns()[0].text.startswith("The tenant keeps two cats.")
        assert assistant.sessions()[0].title == "Whose is the cellar with the old oven?"
        clauses = prompts[-1].count("Clause")
        later = list(session.send("Thank you, that was all for today."))
        assert not [one for one in only(Notice, later) if "attached" in one.text]
        assert prompts[-1].count("Clause") < clauses
    finally:
        assistant.close()


def test_nothing_of_it_is_the_users_and_it_can_be_forgotten(home: Path, tmp_path: Path) -> None:
    assistant = opened(home, [])
    try:
        session = assistant.session()
        text = "I am allergic to quokkas and I love cardamom buns. My sister is called Berta."
        session.attach(written(tmp_path, "diary.txt", text))
        answer_to(assistant, "Good morning to you.", session.id)
        assert assistant.store.profile.lines(assistant._clock.now(), all=True) == []
        [memory] = assistant.search("quokkas")
        assert (memory.origin, memory.speaker) == (Origin.THIRD_PARTY, "diary.txt")
        assistant.forget(assistant.plan_forgetting([memory.id]))
        assert [turn.document for turn in session.turns()] == [False, False]
    finally:
        assistant.close()
    for path in home.rglob("*"):
        assert not path.is_file() or b"quokkas" not in path.read_bytes()


def test_a_temporary_conversation_takes_nothing(home: Path, tmp_path: Path) -> None:
    assistant = opened(home, [])
    try:
        with pytest.raises(RefusedInput, match="temporary"):
            assistant.temporary_session().attach(written(tmp_path, "a.txt", "Words."))
    finally:
        assistant.close()


def test_the_end_of_a_conversation_begins_with_no_half_of_a_document(tmp_path: Path) -> None:
    assistant = open_scripted(tmp_path / "home", lambda messages: "Noted.")
    try:
        session = assistant.session()
        only_words = [list(session.send(f"words {number}")) for number in range(3)]
        assert only_words
        session.attach(written(tmp_path, "rent.txt", CONTRACT))
        list(session.send("And this?"))
        turns = session.turns()
        passages = len(session.said()) - len(turns) + 1
        for most in (4, 6, passages // 2, passages + 3, passages + 50):
            last = session.last_turns(most)
            assert [turn.id for turn in last] == [turn.id for turn in turns][-len(last) :]
            assert [turn.text for turn in last] == [turn.text for turn in turns][-len(last) :]
    finally:
        assistant.close()
