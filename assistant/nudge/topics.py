"""What a plan is about, in a dozen broad topics, by its words.

Coarse on purpose: ratings are few, and what is learnt of one errand should hold for the next.
"""

from __future__ import annotations

from memory.text import words

_TOPICS_TEXT = {
    "people": """
        mother mom mum father dad parents sister brother son daughter wife husband partner friend
        aunt uncle cousin grandma grandmother grandpa grandfather neighbour neighbor colleague
        birthday anniversary wedding party visit invite gift family kids child children call""",
    "health": """
        doctor dentist hospital clinic medicine pill prescription checkup therapy therapist vaccine
        blood eye physio surgery pharmacy appointment optician vitamin sleep""",
    "sport": """
        run jog gym swim cycle bike yoga pilates workout train exercise stretch hike walk football
        tennis climb marathon ride lift squash basketball""",
    "home": """
        clean laundry vacuum kitchen garden plant water wash repair fix paint lamp shelf roof tap
        sink window dishes trash bin tidy declutter closet attic garage furniture mow lawn""",
    "money": """
        pay bill rent tax bank insurance invoice budget loan mortgage subscription refund salary
        pension electricity account savings""",
    "errands": """
        buy shop groceries milk bread order pick collect return parcel package post renew passport
        licence license library drop market supermarket store""",
    "work": """
        boss meeting report presentation project client deadline email interview office contract
        proposal slides colleague budget team job application cv manager""",
    "learning": """
        learn study read book course class lesson exam practise practice language spanish french
        german homework lecture thesis tutorial chapter piano guitar violin""",
    "travel": """
        flight train trip travel hotel ticket holiday vacation pack suitcase visa airport book
        journey tour museum beach""",
    "food": """
        cook bake dinner lunch breakfast recipe restaurant soup cake bread curry pasta meal salad
        brew pickle""",
    "leisure": """
        film movie concert theatre theater game play paint draw photo music sing exhibition series
        festival show cinema puzzle knit sew craft podcast""",
}
TOPICS = (*_TOPICS_TEXT, "other")
_OF = {
    word: [name for name, of in _TOPICS_TEXT.items() if word in of.split()]
    for text in _TOPICS_TEXT.values()
    for word in text.split()
}


def topic_of(action: str) -> str:
    """The topic most of whose words the action holds; the first of TOPICS on a draw."""
    counts = dict.fromkeys(TOPICS, 0)
    for word in words(action):
        for topic in {topic for form in _forms(word) for topic in _OF.get(form, ())}:
            counts[topic] += 1
    best = max(TOPICS, key=lambda name: counts[name])
    return best if counts[best] else "other"


def _forms(word: str) -> set[str]:
    forms = {word, word.removesuffix("s"), word.removesuffix("'s"), word.removesuffix("es")}
    stem = word.removesuffix("ing")
    if len(stem) >= 3 and stem != word:
        # "Running" is of "run", "baking" of "bake".
        forms |= {stem, f"{stem}e", stem[:-1] if stem[-1] == stem[-2] else stem}
    return forms
