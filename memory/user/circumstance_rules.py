"""How people say who they are, where they live, what they do and want: a pattern a way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.user.lines import Section
from memory.user.people import PETS, RELATIONS
from memory.user.topics import CONDITIONS


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern whose group `value` is that of the attribute."""

    pattern: re.Pattern[str]
    section: Section
    attribute: str
    past: bool = False


_I = r"(?:I|[Ww]e)"
_AM = rf"(?:{_I}(?:'m| am|'re| are))"
_HAVE = rf"(?:{_I}(?:'ve got| have got|'ve| have))"
_NAME = r"(?P<value>[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,2})"
_PLACE = (
    r"(?P<value>(?:the |a |an |downtown |central |north(?:ern)? |south(?:ern)? |east(?:ern)? "
    r"|west(?:ern)? )?[^,.;!?]{2,60}?)"
)
_STOP = (
    r"(?=\s*(?:[,.;!?)]|$)|\s+(?:and|but|with|for|since|because|so|as|where|which|who|now|right now"
    r"|again|last|this|in (?:19|20)\d\d|when|after|before|these days|at the moment|to be|together"
    r"|currently|about|over|from|until|till|ago)\b)"
)
_JOBS = (
    r"(?:[\w-]+(?:er|or|ist|ian|yst|eer|ect|man|woman)|nurse|chef|cook|clerk|pilot|accountant"
    r"|consultant|assistant|attendant|student|intern|apprentice|vet|midwife|judge|barista|plumber"
    r"|freelance\w*|agent|president|ceo|cto|founder|postdoc|professor|coach|guide|mechanic|surgeon"
    r"|nanny|au pair|stay-at-home (?:mum|mom|dad|parent)|paralegal|critic|diplomat|entrepreneur"
    r"|civil servant|therapist|retiree|pensioner|sergeant|soldier|monk|priest|analyst|scientist)"
)


def _rule(pattern: str, section: Section, attribute: str, *, past: bool = False) -> Rule:
    return Rule(re.compile(pattern), section, attribute, past)


RULES = (
    # Identity.
    _rule(rf"[Mm]y (?:full |first |real )?name(?:'s| is) {_NAME}", Section.IDENTITY, "name"),
    _rule(rf"I(?:'m| am) (?:called|named) {_NAME}", Section.IDENTITY, "name"),
    _rule(
        r"(?:I(?:'m| am)|[Tt]his is) (?P<value>[A-Z][a-z]+(?: [A-Z][a-z]+)?)(?= ?(?:[.,!]|$))",
        Section.IDENTITY,
        "name",
    ),
    _rule(
        r"I(?:'m| am) (?:now |already |only |about |almost )?(?P<value>\d{1,3})"
        r"(?= ?(?:years? old|yo\b|y/o|[.,!]|$|and\b|now))",
        Section.IDENTITY,
        "age",
    ),
    _rule(
        r"I(?:'m| am) in my (?P<value>(?:early |mid |late |mid-)?(?:teens|twenties|thirties"
        r"|forties"
        r"|fifties|sixties|seventies|eighties|nineties|\d0s))",
        Section.IDENTITY,
        "age",
    ),
    _rule(r"I (?:just |recently )?turned (?P<value>\d{1,3})\b", Section.IDENTITY, "age"),
    _rule(
        r"[Mm]y birthday(?:'s| is) (?:on )?(?P<value>[^,.;!?]{3,40})", Section.IDENTITY, "birthday"
    ),
    _rule(
        r"I was born on (?:the )?(?P<value>[^,;.!?]{3,30}(?:, \d{4})?)",
        Section.IDENTITY,
        "birthday",
    ),
    _rule(r"I was born (?:and (?:raised|bred) )?in (?P<value>\d{4})\b", Section.IDENTITY, "born"),
    _rule(
        rf"I (?:was born(?: and (?:raised|bred))?|grew up|was raised|come) (?:in|from"
        rf"|near) {_PLACE}"
        rf"{_STOP}",
        Section.IDENTITY,
        "origin",
    ),
    _rule(rf"I(?:'m| am) (?:originally )?from {_PLACE}{_STOP}", Section.IDENTITY, "origin"),
    _rule(
        r"I(?:'m| am) (?P<value>(?:half |\w+-)?(?:American|British|English|Scottish|Welsh|Irish"
        r"|German|French|Italian|Spanish|Portuguese|Dutch|Belgian|Swiss|Austrian|Polish|Czech"
        r"|Hungarian|Romanian|Bulgarian|Greek|Turkish|Russian|Ukrainian|Swedish|Norwegian|Danish"
        r"|Finnish|Canadian|Mexican|Brazilian|Argentinian|Chilean|Colombian|Indian|Pakistani"
        r"|Chinese|Japanese|Korean|Vietnamese|Thai|Filipino|Indonesian|Australian|Egyptian"
        r"|Nigerian|Kenyan|Iranian|Syrian|Lebanese|Israeli|South African|New Zealander))\b",
        Section.IDENTITY,
        "nationality",
    ),
    _rule(
        rf"{_I} speak (?:fluent |a little |some |good )?(?P<value>[A-Z][^.;!?]{{2,60}})",
        Section.IDENTITY,
        "language",
    ),
    # Home.
    _rule(
        rf"{_I} (?:have |'ve )?(?:just |recently |finally )?(?:moved|relocated) (?:back |away "
        rf"|over |out"
        rf" )?(?:from (?P<old>[^,.;!?]{{2,40}}?) )?(?:to|into) {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"{_I}(?:'ve| have)? (?:just |recently |finally )?(?:moved|relocated) (?:back |away "
        rf"|over |out"
        rf" )?(?:from (?P<old>[^,.;!?]{{2,40}}?) )?(?:to|into) {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"{_I} (?:used to live|lived|once lived) (?:in|near|at|on) {_PLACE}{_STOP}",
        Section.HOME,
        "home",
        past=True,
    ),
    _rule(
        rf"{_I} (?:no longer|don't) live in {_PLACE}(?: any ?more)?{_STOP}",
        Section.HOME,
        "home",
        past=True,
    ),
    _rule(
        rf"{_I} (?:(?:currently|now|still|both|all|actually|just) )*live (?:(?:alone|together"
        rf"|with [^,.;]"
        rf"{{2,30}}?) )?(?:in|near|at|on|by) {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"{_AM} (?:(?:currently|now|still) )*(?:living|based|settled"
        rf"|staying permanently) (?:in|near|at)"
        rf" {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"{_HAVE} (?:always |been )*(?:lived|living|been living|been based) in {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"[Mm]y (?:home|hometown|home town|address|city|town)(?:'s| is)(?: in"
        rf"| at)? {_PLACE}{_STOP}",
        Section.HOME,
        "home",
    ),
    _rule(
        rf"{_I} (?:own|bought|rent|share) (?P<value>(?:an?|my|our|a small|the) [^.;!?]{{0,40}}?"
        r"(?:house|flat|apartment|cottage|condo|studio|cabin|farm|place|room|bungalow|loft|car"
        r"|van"
        r"|bike|boat|allotment|garden)\b[^.;!?]{0,30})",
        Section.HOME,
        "owns",
    ),
    # Work.
    _rule(
        rf"{_I} (?:used to work|worked) (?:as|for|at|in|with) (?P<value>[^,.;!?]{{2,60}}?){_STOP}",
        Section.WORK,
        "job",
        past=True,
    ),
    _rule(
        rf"{_I} (?:(?:currently|now|still|mostly|also|have|'ve) )*work(?:ed)? (?:part[- ]time "
        rf"|full[- ]time"
        r" |remotely |nights |freelance )*(?:as|for|at|in|with) (?!the (?:morning|evening"
        r"|afternoon)"
        r"|night\b|my\b|best|home)(?:an? )?(?P<value>[^,.;!?]{2,80})",
        Section.WORK,
        "job",
    ),
    _rule(
        rf"{_AM} (?:currently |now |still )?working (?:as|for"
        rf"|at) (?:an? )?(?P<value>[^,.;!?]{{2,60}}?)"
        rf"{_STOP}",
        Section.WORK,
        "job",
    ),
    _rule(
        rf"I(?:'m| am) (?:(?:currently|now|still|also|actually) )*(?:an?"
        rf"|the) (?P<value>(?:[\w/&-]+ )"
        rf"{{0,3}}?{_JOBS})\b(?! (?:fan|person|lover))",
        Section.WORK,
        "job",
    ),
    _rule(
        r"I(?:'m| am) (?:now |currently )?(?P<value>retired|self-employed|unemployed|between jobs"
        r"|freelancing|on parental leave|on maternity leave)\b",
        Section.WORK,
        "job",
    ),
    _rule(r"[Mm]y (?:day )?job(?:'s| is) (?P<value>[^.;!?]{3,60})", Section.WORK, "job"),
    _rule(
        r"I (?:(?:have |'ve )?(?:just |recently )?(?:started|got|accepted|landed)) (?:an? "
        r"|my )?(?:new )?job"
        r" (?:as (?:an? )?|at |with |in )(?P<value>[^,.;!?]{2,60})",
        Section.WORK,
        "job",
    ),
    _rule(
        r"I (?:just |recently )?(?:quit|left|lost) my (?:old )?job(?: (?:as|at|with) (?:an? )?"
        r"(?P<value>[^,.;!?]{2,60}))?",
        Section.WORK,
        "job",
        past=True,
    ),
    _rule(
        r"I (?:(?:currently|also|mostly) )*(?:teach|run|manage|own) (?P<value>(?:an?|my own"
        r"|the|our)?"
        r" ?[^,.;!?]{3,60})",
        Section.WORK,
        "job",
    ),
    _rule(
        r"I(?:'m| am)? ?(?:(?:currently|now|still) )*(?:study(?:ing)?|majoring in|doing (?:a"
        r"|my) (?:PhD"
        r"|master's|degree) in) (?P<value>[^,.;!?]{3,60})",
        Section.WORK,
        "study",
    ),
    # People.
    _rule(
        rf"{_HAVE} (?P<value>(?:an?|one|two|three|four|five|six|\d|no"
        rf"|twin) (?:\w+ ){{0,3}}?(?:{RELATIONS}"
        rf"|brothers|sisters|siblings|grandchildren|grandkids|boys?|girls?|twins"
        rf"|toddler)\b[^.;!?]"
        r"{0,60})",
        Section.PEOPLE,
        "family",
    ),
    _rule(
        rf"{_I}(?:'ve| have)?(?: have| got| own| keep| adopted| just adopted| recently adopted"
        rf"| just got)+"
        rf" (?P<value>(?:an?|one|two|three|four|some"
        rf"|\d) (?:[\w-]+ ){{0,4}}?(?:{PETS})s?\b[^.;!?]{{0,60}})",
        Section.PEOPLE,
        "pet",
    ),
    _rule(
        rf"{_AM} (?:happily |recently |newly |just |now )*(?P<value>married|engaged|divorced"
        rf"|single|widowed"
        r"|separated|a single (?:mum|mom|dad|parent|mother|father))\b(?! to the)",
        Section.PEOPLE,
        "status",
    ),
    # Goals.
    _rule(
        rf"{_I}(?:'d| would)? ?(?:really |also |finally |eventually |still |just |desperately "
        rf"|definitely |do )"
        r"*(?:want|hope|wish|plan|intend|aim|aspire|mean|like|love) to (?:one day |eventually "
        r"|finally |also "
        r"|someday )?(?P<value>(?:learn|become|start|run|write|get (?:better|fit|in shape|into"
        r"|my|a"
        r" (?:dog|degree))|be(?:come)? (?:a|an|able|more|fluent|better|healthier)|lose|save"
        r"|quit|stop|build"
        r"|finish|improve|pass|master|travel the|visit|see the|move|retire|open|publish|climb"
        r"|stay in"
        r"|live|buy a (?:house|home|boat)|read more|spend more|spend less|cut down|reach|earn"
        r"|eat (?:more"
        r"|less|healthier)|exercise|volunteer|study|teach|grow my own|complete|cycle|walk the)\b"
        r"[^.;!?]{0,100})",
        Section.GOALS,
        "goal",
    ),
    _rule(
        r"(?:[Mm]y|[Oo]ur) (?:(?:main|big|biggest|personal|long-term|next|only|current"
        r"|life) )*(?:goal|aim"
        r"|dream|ambition|resolution|plan|objective|bucket list)s?(?: (?:for|in"
        r"|this) [\w ]{2,30}?)?"
        r" (?:is|are|was) (?:to )?(?P<value>[^.;!?]{3,120})",
        Section.GOALS,
        "goal",
    ),
    _rule(
        rf"{_AM} (?:currently |really |now )?(?:trying|working hard|determined|saving up"
        rf"|training|aiming"
        r"|hoping|planning) (?:to|for|on) (?P<value>(?:learn|become|lose|save|quit|stop|build"
        r"|improve|get"
        r"|cut|eat|be|run|write|finish|reduce|live|a |my |an )[^.;!?]{0,100})",
        Section.GOALS,
        "goal",
    ),
    _rule(
        rf"{_I} (?:always |often )?dream (?:of|about) (?P<value>[^.;!?]{{3,100}})",
        Section.GOALS,
        "goal",
    ),
    # Health.
    _rule(
        rf"I (?:have|'ve got|suffer from|live with|struggle with"
        rf"|was (?:recently )?diagnosed with|deal with"
        rf"|get|manage)(?: been)? (?:[\w-]+ ){{0,3}}?(?P<value>(?:type [12] )?{CONDITIONS})\b",
        Section.HEALTH,
        "condition",
    ),
    _rule(
        r"I(?:'ve| have) (?:been |just been |recently been )?(?:diagnosed with"
        r"|had) (?P<value>(?!bad|a lot"
        rf")(?:[\w-]+ ){{0,4}}?{CONDITIONS})\b",
        Section.HEALTH,
        "condition",
    ),
    _rule(
        r"I have (?P<value>an? (?:[\w-]+ ){0,3}?(?:condition|disorder|disease|syndrome|injury"
        r"|illness"
        r"|bad (?:back|knee|hip|shoulder|heart)|pacemaker|disability|prosthes\w+))\b",
        Section.HEALTH,
        "condition",
    ),
    _rule(
        r"I have (?P<value>(?:bad|weak|chronic|severe|serious|sensitive) (?:\w+ )?(?:issues"
        r"|problems|knees?|back|joints?|hips?|skin|eyes"
        r"|stomach|lungs|pain)[^.;!?]{0,30})",
        Section.HEALTH,
        "condition",
    ),
    _rule(
        r"I(?:'m| am) (?:(?:an?|\w+ly|type [12]|\d+ (?:weeks|months)) )*(?P<value>pregnant"
        r"|diabetic|epileptic"
        r"|asthmatic|autistic|dyslexic|deaf|blind|colou?r-?blind|disabled|anaemic|anemic"
        r"|breastfeeding"
        r"|bipolar|hard of hearing|in a wheelchair|hiv[- ]positive|in recovery"
        r"|a recovering \w+)\b",
        Section.HEALTH,
        "condition",
    ),
    _rule(
        r"I (?:take|am on|have to take|need) (?P<value>(?:[\w-]+ ){0,3}(?:medication|insulin"
        r"|antidepressants"
        r"|blood thinners|beta blockers|statins|an inhaler|metformin|warfarin"
        r"|ssris)[^.;!?]{0,40})",
        Section.HEALTH,
        "medication",
    ),
    _rule(
        r"I(?:'m| am) on (?P<value>(?:[\w-]+ ){0,2}(?:medication|insulin|antidepressants"
        r"|blood thinners"
        r"|beta blockers|statins|metformin|warfarin|ssris))",
        Section.HEALTH,
        "medication",
    ),
)
