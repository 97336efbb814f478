"""What the user tells the assistant about its answers: "please be brief", "call me Al"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.user.lines import Section, Statement

_LANGUAGES = (
    r"(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|turkish"
    r"|arabic|hebrew|hindi|bengali|urdu|punjabi|chinese|mandarin|cantonese|japanese|korean|greek"
    r"|swedish|norwegian|danish|finnish|czech|slovak|hungarian|romanian|bulgarian|croatian|serbian"
    r"|welsh|irish|catalan|vietnamese|thai|indonesian|malay|swahili|farsi|persian|latin"
    r"|(?:british|american) english)"
)
_OPEN = (
    r"(?:(?:please|pls|kindly|from now on|in future|in the future|always|never|just|and|could you"
)
_OPEN += r"|can you|would you|i(?:'d| would) (?:like|prefer) (?:it if )?you(?: to)?|you can|you may"
_OPEN += r"|i want you to|try to),? )*"
_ANSWERS = (
    r"(?:answers?|repl(?:y|ies)|responses?|explanations?|messages|sentences|emojis?|bullet points?"
    r"|lists|tone|jargon|small talk|flattery|disclaimers|metric|imperial|being addressed|to be"
    r" addressed|to be called|called|being called|short and sweet|straight to the point"
    r"|get to the point|headings|markdown|tables|examples|summaries)"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    attribute: str
    polarity: int
    lasting: bool = False
    """Said of all answers by itself; any other needs a word that says so, or to stand alone."""


def _rule(pattern: str, attribute: str, polarity: int = 1, *, lasting: bool = False) -> _Rule:
    return _Rule(re.compile(_OPEN + pattern, re.I), attribute, polarity, lasting)


_RULES = (
    _rule(
        r"(?:call me|address me as|refer to me as) (?P<value>[\w'-]+(?: [A-Z][\w'-]+)?)"
        r"(?= ?[.,!;]|$| from| please| and\b)",
        "nickname",
        0,
        lasting=True,
    ),
    _rule(
        r"(?:my pronouns are|use the pronouns) (?P<value>[\w/, ]{2,30})",
        "pronouns",
        0,
        lasting=True,
    ),
    _rule(
        rf"(?:answer|reply|respond|write|speak|talk|communicate|chat)(?: to me"
        rf"| with me)? (?:only )?in"
        rf" (?P<value>{_LANGUAGES})\b",
        "language",
    ),
    _rule(
        r"(?:be|stay|keep (?:it|things|this)|remain) (?P<value>(?:\w+ )?(?:brief|short|concise"
        r"|succinct"
        r"|to the point|direct|blunt|honest|formal|informal|casual|polite|simple|friendly|funny"
        r"|serious|gentle|precise|detailed|professional))\b",
        "style",
    ),
    _rule(
        r"(?:keep|make) (?:all )?(?:your|the) (?:answers?|repl(?:y|ies)|responses?|explanations?"
        r"|messages) (?P<value>[\w ,'-]{3,60})",
        "style",
        lasting=True,
    ),
    _rule(
        r"(?:give|show|send|offer) me (?:only )?(?P<value>(?:short|brief|long|detailed|concise"
        r"|direct"
        r"|straight|step[- ]by[- ]step|honest)(?: and \w+)? (?:answers|replies|responses"
        r"|explanations|feedback|instructions))\b",
        "style",
        lasting=True,
    ),
    _rule(
        r"(?:don't|do not|stop|no|avoid|never|without|skip|leave out|drop)(?: ever)?"
        r"(?: us(?:e|ing)| writ(?:e|ing)| giv(?:e|ing)(?: me)?| add(?:ing)?| send(?:ing)?)?"
        r"(?: me)?(?: the| any| so many| your)? (?P<value>emojis?|smileys|bullet points?|lists"
        r"|jargon"
        r"|small talk|flattery|disclaimers|markdown|headings|exclamation marks|slang|apologies"
        r"|apologi[sz]ing|apologi[sz]e|flatter(?:ing)? me|lectur(?:e|ing) me|swearing|swear"
        r"|sugar-?coat(?:ing)?(?: \w+)?|follow-up questions"
        r"|ask(?:ing)? (?:me )?follow-up questions"
        r"|acronyms|abbreviations|filler|chit-?chat)\b",
        "style",
        -1,
    ),
    _rule(
        r"use (?P<value>metric units|imperial units|the metric system|celsius|fahrenheit|emojis"
        r"|bullet points|simple (?:words|language)|plain (?:english|language)|british spelling"
        r"|american spelling|short sentences|the 24[- ]hour clock|(?:first|last) names?)\b",
        "style",
    ),
    _rule(
        r"(?:explain|speak|talk|write) (?:things |everything |it )?(?:to me |with me )?"
        r"(?P<value>(?:like|as if|as though) (?:i'm|i am|i were|to) [\w ]{2,40}|slowly|simply"
        r"|in (?:plain|simple) \w+|informally|formally|plainly)",
        "style",
    ),
)
_PREFERS = re.compile(
    r"(?:I|[Ww]e) (?:\w+ ){0,3}?(?:prefer|like|love|want|need|appreciate|hate|dislike|can't stand"
    r"|don't (?:like|want|need|enjoy)|would rather have|'d rather have|enjoy)"
    rf" (?!to |the |an? |some |help)(?P<value>(?:[\w'-]+,? ){{0,5}}?{_ANSWERS}\b[^.;]*)"
)
_NEGATIVE = re.compile(r"\b(?:hate|dislike|can't stand|don't|no)\b")
_LASTING = re.compile(
    r"\b(?:always|never|from now on|in (?:the )?future|whenever|every time|generally|with me|to me"
    r"|your (?:answers|replies|responses)|when you (?:answer|reply|write|talk|explain)"
    r"|all the time)\b",
    re.I,
)
_TASK = re.compile(
    r"\b(?:write|translate|rewrite|summari[sz]e|create|make|draft|compose|essay|poem|story|letter"
    r"|e-?mail|article|paragraphs?|entire response|json|words or|at least|keyword)\b",
    re.I,
)
_ALONE_WORDS = 25
"""An instruction in a longer message is taken to be for the task in it."""


def instruction(clause: str, message: str) -> Statement | None:
    """The lasting wish for the assistant's manner in a clause of a message, or None."""
    for rule in _RULES:
        found = rule.pattern.match(clause)
        if not found:
            continue
        if not (rule.lasting or _lasts(clause, message)):
            return None
        return _statement(clause, rule.attribute, found["value"], rule.polarity)
    if (found := _PREFERS.match(clause)) and not _TASK.search(clause):
        polarity = -1 if _NEGATIVE.search(found[0][: found.start("value") - found.start()]) else 1
        return _statement(clause, "style", found["value"], polarity)
    return None


def _lasts(clause: str, message: str) -> bool:
    if _LASTING.search(clause):
        return True
    others = message.replace(clause, "")
    return len(message.split()) <= _ALONE_WORDS and not _TASK.search(others)


def _statement(clause: str, attribute: str, value: str, polarity: int) -> Statement:
    return Statement(
        Section.MANNER, attribute, value.strip(" .!,"), "", polarity, 0.9, clause, None, False
    )
