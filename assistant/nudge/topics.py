"""What a plan is about, in a dozen broad topics, by its words.

Coarse on purpose: ratings are few, and what is learnt of one errand should hold for the next.
"""

from __future__ import annotations

from memory.text import words

_TOPICS_TEXT = {
    "people": """
        mother mom mum father dad parents sister brother son daughter wife husband partner spouse
        friend aunt uncle cousin niece nephew grandson granddaughter grandchild grandma grandmother
        granny grandpa grandfather godson godmother neighbour neighbor birthday anniversary wedding
        christening funeral party visit invite host gift present card family kids child children
        baby babysit roommate in-law call phone ring""",
    "health": """
        doctor dentist hospital clinic nurse medicine medication pill prescription checkup therapy
        therapist vaccine vaccination blood eye physio physiotherapist surgery pharmacy chemist
        appointment optician glasses vitamin sleep nap meditate meditation skin knee headache
        allergy diet weigh smoke""",
    "sport": """
        run jog gym swim cycle bike bicycle yoga pilates workout train exercise stretch hike walk
        football soccer tennis badminton volleyball hockey rugby golf cricket climb boulder marathon
        race match regatta row kayak sail ski skate surf ride lift squash basketball box judo karate
        dance fitness pool""",
    "home": """
        clean laundry vacuum sweep mop dust kitchen bathroom garden plant water weed wash iron
        repair fix paint lamp bulb shelf roof tap sink drain window curtain carpet stairs floor door
        hinge lock oven fridge freezer heating boiler plumber electrician dishes trash rubbish
        garbage bin tidy declutter closet wardrobe attic cellar basement garage shed furniture sofa
        mow lawn hedge fence flat apartment house move""",
    "money": """
        pay bill rent tax bank insurance invoice receipt budget loan mortgage subscription contract
        refund salary pension electricity account savings invest stocks fee fine debt claim
        landlord transfer""",
    "errands": """
        buy shop groceries milk order pick collect return parcel package mail post renew passport
        licence license permit registration form library drop market supermarket store pharmacy
        hairdresser haircut barber cobbler tailor cleaners car tyre petrol""",
    "work": """
        boss meeting report presentation project client customer deadline email interview office
        proposal slides colleague coworker budget team job application cv resume manager memo
        conference agenda minutes spreadsheet review shift""",
    "learning": """
        learn study read book course class lesson exam test revise quiz practise practice language
        vocabulary verb grammar spanish french german italian portuguese japanese chinese latin
        maths statistics chemistry physics biology history homework lecture seminar tutor thesis
        essay tutorial chapter notes memorise memorize puzzle chess""",
    "travel": """
        flight fly train trip travel hotel hostel ticket seat holiday vacation pack suitcase
        rucksack backpack tent camp visa airport station ferry cruise journey tour itinerary beach
        mountains island abroad map reserve""",
    "food": """
        cook bake roast grill fry dinner lunch breakfast brunch barbecue recipe restaurant soup
        stew cake bread loaf dough curry pasta meal salad spice herb sauce cheese wine beer brew
        coffee tea pickle jam ferment chocolate vegetables fruit""",
    "leisure": """
        film movie concert theatre theater opera ballet play game draw sketch photo photograph
        picture music sing choir orchestra rehearsal piano guitar violin cello drum flute exhibition
        gallery museum series festival show cinema knit sew crochet craft pottery podcast album
        poem novel""",
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
