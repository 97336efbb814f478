"""Which sensitive topic a statement states. By its own words only; nothing is ever inferred.

A halal meal gives no religion, "my wife" no orientation, a name nothing at all.
"""

from __future__ import annotations

import re

from memory.user.lines import Topic

CONDITIONS = (
    r"(?:asthma|diabetes|diabetic|celiac|coeliac|epilep\w+|cancer|depress(?:ion|ed)|migraines?"
    r"|arthritis|adhd|add|autis\w+|autism|dyslexi\w+|bipolar|ptsd|ocd|ibs|irritable bowel"
    r"|crohn'?s?|colitis|eczema|psoriasis|rosacea|hiv|hepatitis|hypertension|high blood pressure"
    r"|high cholesterol|anaemia|anemia|thyroid|fibromyalgia|endometriosis|insomnia|sleep apnea"
    r"|sleep apnoea|tinnitus|vertigo|osteoporosis|scoliosis|sciatica|lupus|parkinson'?s"
    r"|alzheimer'?s|dementia|stroke|pacemaker|chemo\w*|addict\w*|alcoholic|anorexia|bulimia"
    r"|panic attacks?|anxiety disorder|social anxiety|chronic fatigue|multiple sclerosis"
    r"|reflux|gerd|gout|kidney disease|heart disease|gastritis|pcos|menopause)"
)
_AILING = (
    r"(?:bad|weak|injured|broken|torn|chronic|sensitive|sore|artificial|replaced|heart|knee|back"
    r"|hip|shoulder|neck|ankle|wrist|joint|stomach|respiratory|breathing|skin|lung|kidney|liver"
    r"|digestive|medical|mental health|physical|genetic|autoimmune|spinal|vision|hearing)"
)
_PATTERNS: tuple[tuple[Topic, str], ...] = (
    (
        Topic.HEALTH,
        rf"\b(?:allerg(?:y|ies|ic)|intolerance|intolerances|intolerant|{CONDITIONS}"
        rf"|{_AILING} (?:condition|conditions|problems?|issues?|disease|disorder|injur(?:y|ies)"
        r"|pain|ailment|reasons|knees?|hips?|back|heart|attack|surgery|stomach)"
        r"|medical|diagnos(?:is|ed)|pregnan(?:t|cy)|breastfeeding|disab(?:led|ility)|wheelchair"
        r"|blind|deaf|hearing aid|surgery|medication for|antidepressants?|insulin"
        r"|in therapy|my therapist|my psychiatrist|miscarriage|hay fever|motion sickness|health"
        r" (?:condition|reasons|issues|problems)|chronic|sensitive skin|makes my skin itch)\b",
    ),
    (
        Topic.RELIGION,
        r"\b(?:muslim|christian|catholic|protestant|jewish|jew|hindu|buddhist|sikh|mormon|atheist"
        r"|agnostic|orthodox christian|evangelical|quaker|baptist|jain|pagan"
        r"|religious (?:beliefs?|reasons|convictions?|person)|religion|my faith|my church"
        r"|my mosque|my synagogue|my parish|pray(?:ing|s)?|i(?:'m| am) (?:very |deeply )?religious"
        r"|believe in god|converted to)\b",
    ),
    (
        Topic.ORIENTATION,
        r"\b(?:i(?:'m| am)|as an?|identify as|came out as) (?:an? |openly |proudly )*"
        r"(?:gay|lesbian|bi|bisexual|straight|heterosexual|homosexual|queer|pansexual|asexual"
        r"|trans|transgender|non-?binary)\b",
    ),
    (
        Topic.POLITICS,
        r"\b(?:i vote|i voted|i(?:'m| am) (?:an? |very |quite |politically )*(?:conservative"
        r"|liberal|socialist|communist|republican|democrat|libertarian|left-wing|right-wing"
        r"|anarchist|tory|leftist|social democrat)|(?:member|supporter) of the [\w ]{1,30}party"
        r"|my politic(?:s|al views))\b",
    ),
    (
        Topic.ETHNICITY,
        r"\b(?:i(?:'m| am) (?:an? )?(?:black|white|latino|latina|hispanic|arab|roma|romani|asian"
        r"|native american|indigenous|aboriginal|mixed[- ]race|biracial|african[- ]american)\b"
        r"|of \w+ (?:descent|heritage|ancestry|origin)|my ethnicity|ethnically)",
    ),
    (
        Topic.FINANCES,
        r"\b(?:i earn|i make \W?\d|my salary|my income|my mortgage|my debts?|in debt|i owe"
        r"|bankrupt\w*|my savings|my pension|my credit score|overdrawn|on benefits|my rent is"
        r"|my bank balance|student loans?)\b",
    ),
)
_TOPICS = tuple((topic, re.compile(pattern, re.I)) for topic, pattern in _PATTERNS)


def topic_of(statement: str) -> Topic | None:
    """The sensitive topic that the words of a statement name, or None."""
    for topic, pattern in _TOPICS:
        if pattern.search(statement):
            return topic
    return None
