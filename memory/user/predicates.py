"""The verbs and phrases by which people say what they like, avoid, cannot have and always do.

Each rule has its polarity and strength, set by hand. In their order: what guards health, dislikes,
likes, habits; the first that fits counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memory.user.lines import Section


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    polarity: int
    strength: float
    attribute: str = "likes"
    section: Section = Section.TASTES


_ADVERBS = (
    r"(?:(?:(?!(?:only|rely|fly|apply|reply|supply)\b)[a-z]+ly |(?:do|just|always|still|also"
    r"|very|so|quite|rather|pretty|super|a bit|a little|much|far|vastly|often|sometimes|never|ever"
    r"|now|then|most|kind of|sort of|as a rule|in general|at all|no longer|all|both|even|too"
    r"|more|less|really,? really|100%) ){0,4})"
)
_A = r"(?:an?|some|such an?|quite an?|my|the|no|zero|little|any|this|these|several|two|too much) "
_KIND = r"(?:[\w'-]+,? (?:and )?){0,5}?"  # "a strong, lifelong" aversion
_I = r"(?:I|[Ww]e)"
_AM = (
    rf"{_I}(?:'m| am|'re| are|'ve (?:\w+ )?been| have (?:\w+ )?been|'ve become| have become"
    rf"| became)"
)
_HAVE = rf"{_I}(?:'ve got| have got|'ve| have)"

_PREFERRED = (
    r"(?:like|love|enjoy|adore|prefer|favou?r|value|appreciate|cherish|treasure|prioriti[sz]e"
    r"|relish|fancy|dig|rely on|insist (?:on|that)|swear by|stand by|gravitate (?:to|towards?)"
    r"|lean (?:to|towards?)|opt for|go for (?!an? |walks|runs)|look for|look out for"
    r"|care (?:about|deeply about"
    r"|a lot about)|believe (?:in|that)|thrive (?:in|on|with|when)|live for|stick (?:to|with)"
    r"|keep to|support|demand|require|expect|seek out|make sure|make a point of"
    r"|put a lot of weight on|can't live without|cannot live without|could live on|get excited"
    r"|(?:learn|work|sleep|study|focus|concentrate|think|feel|do|function|relax|read|train|write)"
    r" (?:my |the )?(?:best|better|more comfortable|most comfortable|happier|happiest|safest)"
    r"|feel (?:strongly|at home|comfortable|drawn|passionate|most))"
)
_AVOIDED = (
    r"(?:avoid|dislike|hate|detest|despise|loathe|abhor|resent|refuse|boycott|fear|dread|distrust"
    r"|mistrust|oppose|reject|shun|skip|hate it when|object to|disapprove of|steer clear of"
    r"|stay (?:well )?away from|stay clear of|keep (?:well )?away from|shy away from|run from"
    r"|draw the line at|abstain from|refrain from|cringe at|can do without|could do without"
    r"|struggle with|suffer from|react (?:badly|poorly) to|have to (?:avoid|be careful|watch"
    r"|stay away)|need to (?:avoid|be careful|watch|stay away)|must (?:avoid|not)|mustn't"
    r"|should avoid|try to avoid|try not to|tend to avoid|prefer not|prefer to avoid|choose not"
    r"|opt out of|get (?:\w+ )?(?:uncomfortable|seasick|carsick|airsick|motion[- ]sick(?:ness)?"
    r"|anxious|nervous|migraines?|headaches?|overwhelmed|dizzy|nauseous|sick|bored|stressed|hives"
    r"|heartburn|claustrophobic|panicky|panic attacks|frustrated|annoyed|irritated|tired|jittery"
    r"|vertigo|sunburnt|restless|impatient|distracted|a rash|scared)"
    r"|feel (?:\w+ )?(?:uncomfortable|uneasy|sick|unsafe|anxious|claustrophobic|ill|trapped"
    r"|overwhelmed|nauseous|awkward|bloated|guilty|nervous|bad)"
    r"|have (?:trouble|difficulty|a hard time|a tough time|difficulties|problems))"
)
_CANNOT = r"(?:can't|cannot|can not|can hardly|can barely|couldn't)"
_BEARABLE = (
    r"(?:stand|bear|tolerate|abide|stomach|handle|eat|have|drink|do|digest|consume|use|wear|drive"
    r"|swim|swallow|live with|deal with|cope|concentrate|focus|watch|read|listen|take|bend|lift"
    r"|climb|ride|smoke|fly|stay|sit|touch|run|jump|enjoy|process|own|keep|get into|get on with"
    r"|get behind|relate|warm to|be around|participate|engage|work with|work in|learn|see myself"
    r"|support|condone|justify|be bothered|walk)"
)
_NO_TASTE = (
    r"(?:know|think|understand|remember|recall|mind|suppose|expect|see|mean|get|believe you|believe"
    r" it|feel like|have (?:time|an? idea|any idea|any|it|that|to|much|enough|a clue|plans|the time"
    r"|anything|many|one|a clear|a specific|experience)|want to (?:bother|be rude|miss|forget|sound"
    r"|lose|know|talk|go|hear|waste)|want you|want it|want this|want that|need (?:to|it|that|you"
    r"|your|any|help)|care\b|agree|say|tell|look|seem|hear|find|recognize|recognise|recommend"
    r"|wonder|even know|work there|live|want my|want the|really know|quite|speak)"
)
_TRAIT = (
    r"(?:vegan|vegetarian|pescatarian|flexitarian|pescetarian|omnivore|teetotal|teetotaller"
    r"|teetotaler|lactose[- ]intolerant|gluten[- ]intolerant|gluten[- ]free|dairy[- ]free"
    r"|sugar[- ]free|plant[- ]based|kosher|halal|paleo|keto|macrobiotic|fruitarian)"
)
_DIET = (
    rf"(?:{_TRAIT}|vegan|diet|diets|carb|carbs|fasting|low-fodmap|fodmap|gluten|dairy|lactose"
    r"|pork|kosher|halal|meat|plant-based|wholefood|raw food|raw)"
)
_FEELING = (
    r"(?:aversion|dislike|hatred|distaste|disdain|disgust|phobia|fear|dread|hate|antipathy"
    r"|contempt|objection|objections|problem with|problems with|issue with|issues with|qualms"
    r"|reservations|distrust|mistrust|low tolerance|horror of)"
)
_FONDNESS = (
    r"(?:preference|preferences|love|passion|fondness|weakness for|soft spot|interest in|liking"
    r"|affinity|taste for|respect|enthusiasm|rule|policy|principle|thing for|sweet tooth|habit of"
    r"|tendency|belief|obsession|crush on|appreciation|need for|desire for)"
)
_LACK = (
    r"(?:interest|desire|patience|time for|tolerance|use for|taste for|love for|appetite|sympathy"
    r"|trust in|stomach|talent|sense of|wish)"
)
_BAD = (
    r"(?:ineffective|boring|dull|bland|tedious|distracting|disorienting|distressing|unsettling"
    r"|overwhelming|annoying|irritating|frustrating|exhausting|draining|stressful|depressing"
    r"|pointless|useless|pretentious|childish|gimmicky|tacky|cheap|ugly|gross|disgusting|creepy"
    r"|scary|terrifying|uncomfortable|difficult|hard|impossible|impersonal|overrated|overpriced"
    r"|too \w+|confusing|repetitive|monotonous|cruel|unethical|wasteful|offensive|dangerous|unsafe"
    r"|claustrophobic|noisy|awkward|tiring|intimidating|demotivating|unappealing|unbearable"
    r"|painful|upsetting|off-putting|revolting|predictable|impractical|fussy|nauseating|shallow"
    r"|restrictive|intrusive|silly|stupid|tiresome|disturbing|unpleasant|unnatural)"
)
_GOOD = (
    r"(?:effective|relaxing|calming|soothing|inspiring|motivating|fascinating|engaging|rewarding"
    r"|enjoyable|fun|exciting|helpful|useful|interesting|comforting|charming|beautiful|delicious"
    r"|satisfying|therapeutic|easier|better|best|comfortable|appealing|essential|important)"
)


def _rule(
    pattern: str,
    polarity: int,
    strength: float,
    attribute: str = "likes",
    section: Section = Section.TASTES,
) -> Rule:
    return Rule(re.compile(pattern), polarity, strength, attribute, section)


_HEALTH = Section.HEALTH
RULES = (
    # Allergies and diets first: they are also put as likes and dislikes.
    _rule(rf"(?:{_AM} )?{_ADVERBS}(?:[Aa]llergic)(?: to)?\b", -1, 1.0, "allergy", _HEALTH),
    _rule(rf"{_HAVE} (?:{_A})?{_KIND}(?:allergy|allergies)\b(?: to)?", -1, 1.0, "allergy", _HEALTH),
    _rule(
        rf"{_AM} {_ADVERBS}(?:[\w-]+[- ])?(?:intolerant|coeliac|celiac)\b(?: (?:to|of))?"
        rf"|{_HAVE} (?:{_A})?{_KIND}(?:intolerances?|sensitivit(?:y|ies)|coeliac|celiac)\b"
        r"(?: disease)?(?: to)?",
        -1,
        0.95,
        "intolerance",
        _HEALTH,
    ),
    _rule(
        rf"{_AM} {_ADVERBS}(?:an? )?{_KIND}(?=(?:{_TRAIT})\b)"
        rf"|{_AM} (?:currently )?on (?:an? )?(?=[^,.;]*\b(?:{_DIET})\b)"
        rf"|{_I} {_ADVERBS}(?:follow|adhere to|stick to|keep to|observe|keep|maintain|eat|am on"
        rf"|practi[cs]e|live on|went|switched to|have|only eat|exclusively eat)"
        rf" (?:an? )?(?=[^.;]*\b(?:diet|{_TRAIT}|low-carb|low-fodmap)\b)",
        0,
        0.9,
        "diet",
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:only|exclusively) (?:eat|consume|cook|drink)\b"
        rf"|{_I} {_ADVERBS}(?:eat|consume|drink) (?:only|exclusively)\b",
        1,
        0.95,
        "diet",
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:(?:don't|do not|dont|won't|will not) {_ADVERBS}"
        r"(?:eat|consume|drink)|(?:avoid|refuse to|stopped|gave up|quit) (?:eat|eating|consuming"
        r"|consume|drinking|drink)|(?:cannot|can't) (?:eat|drink|consume|digest))\b",
        -1,
        0.9,
        "diet",
    ),
    # Dislikes.
    _rule(
        rf"{_AM} {_ADVERBS}(?:not|no|hardly|n't) {_ADVERBS}(?:an? )?"
        rf"(?:{_KIND}fan|in ?to|interested in|fond of|keen on|big on|comfortable|one for"
        r"|much of an?|much for|crazy about|good with|good at|used to|willing to|okay with"
        r"|ok with|happy with|convinced|sold on|the type|a person|able to|impressed by"
        rf"|{_KIND}(?:person|type|drinker|eater|reader|gamer|lover))\b(?: (?:of|with|in|to|for))?",
        -1,
        0.7,
    ),
    _rule(
        rf"{_AM} {_ADVERBS}(?:averse|opposed|against|afraid|scared|terrified|frightened|petrified"
        r"|phobic|uncomfortable|wary|sceptical|skeptical|sick of|tired of|fed up|put off|bothered"
        r"|disgusted|repelled|turned off|sensitive|prone to|intimidated|claustrophobic|bored by"
        r"|bored of|suspicious|over)\b(?: (?:to|of|with|by|about|in|around))?",
        -1,
        0.8,
    ),
    _rule(rf"{_HAVE} (?:{_A})?{_KIND}{_FEELING}\b(?: (?:of|to|for|with|towards?))?", -1, 0.9),
    _rule(
        rf"{_HAVE} {_ADVERBS}(?:no|zero|little|never had(?: any)?|lost(?: all)?) (?:\w+ )?{_LACK}\b"
        r"(?: (?:in|for|to|with))?",
        -1,
        0.8,
    ),
    _rule(rf"{_I} {_ADVERBS}(?:{_CANNOT}) {_ADVERBS}{_BEARABLE}\b", -1, 0.95),
    _rule(rf"{_I} {_ADVERBS}{_AVOIDED}\b", -1, 0.85),
    _rule(
        rf"{_HAVE} {_ADVERBS}(?:hated|disliked|avoided|never (?:liked|enjoyed|been)"
        r"|given up|stopped|quit|sworn off|had (?:\w+ )?(?:bad|terrible|awful|negative)"
        r" experiences? with)\b",
        -1,
        0.8,
    ),
    _rule(
        rf"{_I} (?:gave up|swore off|stopped|quit) (?=\w+ing\b|meat|sugar|alcohol|coffee|dairy"
        r"|smoking|caffeine|gluten)",
        -1,
        0.8,
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:don't|do not|dont|doesn't) {_ADVERBS}"
        rf"(?!{_NO_TASTE}\b)(?:[a-z]+)\b",
        -1,
        0.8,
    ),
    _rule(
        rf"{_I}(?:'d| would|'ll| will) (?:rather|prefer) (?:to )?(?:not|avoid)\b"
        rf"|{_I} (?:won't|will not|would never|'d never|wouldn't|will never|'ll never)"
        r" (?!be\b|have\b(?! anything)|need|make|forget|bother|say|tell|get\b|know|mind|go into"
        r"|lie|ask)[a-z]+",
        -1,
        0.85,
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:could |can )?(?:never|rarely|seldom|hardly ever"
        rf"|almost never) {_ADVERBS}"
        r"(?!knew|thought|been|had|saw|heard|said|did\b|got|went|tried|would|found|find|know|saw"
        r"|understood|understand|remember|met|made|mind|came|took|was|were|felt|expected|forget"
        r"|realized|realised|left|gave|told|asked|can\b)[a-z]+(?<!ed)\b",
        -1,
        0.9,
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:find|consider) (?!out\b|myself\b)(?=[^.;]{{2,80}}?\b{_BAD}\b)",
        -1,
        0.75,
        "finds",
    ),
    # Likes.
    _rule(rf"{_I}(?:'d| would) (?:much |far )?(?:rather|sooner|prefer)\b", 1, 0.75),
    _rule(
        rf"{_AM} {_ADVERBS}(?:fond of|in ?to|keen on|an? {_KIND}fan|passionate about|crazy about"
        r"|mad about|obsessed with|committed to|devoted to|dedicated to|partial to|drawn to|big on"
        r"|all about|all for|interested in|hooked on|loyal to|happiest|at my best|picky about"
        r"|particular about|strict about|careful about|selective about|conscious of|mindful of"
        r"|adamant)\b(?: (?:of|to|for))?",
        1,
        0.7,
    ),
    _rule(
        rf"{_AM} {_ADVERBS}(?:of )?an? {_KIND}(?:person|lover|enthusiast|believer in|supporter"
        rf"|advocate|collector"
        r"|night owl|early bird|introvert|extrovert|minimalist|foodie|bookworm|homebody|gamer"
        r"|morning person|learner|purist|traditionalist|perfectionist|environmentalist)\b"
        r"(?: (?:of|to|for))?",
        1,
        0.7,
        "finds",
    ),
    _rule(rf"{_HAVE} (?:{_A})?{_KIND}{_FONDNESS}\b(?: (?:for|of|to|that|in))?", 1, 0.8),
    _rule(
        rf"{_I}(?:'ll| will)? {_ADVERBS}(?:only|exclusively)(?: ever)? (?!know|had|have|need(?:ed)?"
        r"|got|wanted|meant|just|found|ask|saw|realized|started)[a-z]+(?<!ed)\b",
        1,
        0.95,
    ),
    _rule(rf"{_I} {_ADVERBS}{_PREFERRED}\b", 1, 0.6),
    _rule(
        rf"{_HAVE} {_ADVERBS}(?:loved|liked|enjoyed|preferred|been (?:into|fond of|a fan))\b",
        1,
        0.65,
    ),
    _rule(
        rf"{_I} {_ADVERBS}(?:find|consider) (?!out\b|myself\b)(?=[^.;]{{2,80}}?\b{_GOOD}\b)",
        1,
        0.6,
        "finds",
    ),
    _rule(rf"{_I} {_ADVERBS}(?:want|wish) (?:nothing to do with|no)\b", -1, 0.9),
    _rule(
        rf"{_I} {_ADVERBS}want (?!to\b|you|your|an?\b|some|help|it\b|this|that\b|more info"
        r"|the\b|advice|ideas|another|something)",
        1,
        0.6,
    ),
    _rule(
        rf"{_I} {_ADVERBS}need (?!to\b|you|your|an?\b|some\b|help|it\b|this|that\b|any|the\b"
        r"|advice|ideas|another|more|new|insulin|medication|suggestions|recommendations"
        r"|something|my\b|one\b)",
        1,
        0.7,
    ),
    _rule(
        rf"{_I} need (?=[^.;]*\b(?:when|in order to|to (?:be|feel|focus|concentrate|sleep|work"
        rf"|relax"
        r"|function))\b)(?!to\b|you|your|help)",
        1,
        0.7,
    ),
    # Habits.
    _rule(
        rf"{_I} {_ADVERBS}try to (?:always )?(?:keep|eat|buy|use|live|walk|limit|reduce"
        rf"|minimi[sz]e|cut"
        r"|support|choose|cook|drink|get|go|shop|read|wear|spend|be|stay|have)\b",
        1,
        0.6,
    ),
    _rule(
        rf"{_I} (?:always|usually|generally|normally|typically|tend to|mostly|regularly|religiously"
        r"|often|make it a habit to|am used to|'m used to) (?!been|thought|wondered|forget|think"
        r"|wanted|knew|had|felt|say\b|feel|wonder|know|find)[a-z]+(?<!ed)\b",
        1,
        0.7,
        "habit",
        Section.HABITS,
    ),
)
ELIDED = re.compile(
    r"(?:(?:definitely |really |absolutely |just )?(?:not (?:a (?:big |huge |great )?fan of|into"
    r"|keen on|fond of)|can't stand|cannot stand|don't like|hate|dislike|prefer|allergic to"
    r"|avoiding"
    r"|love|big fan of|huge fan of)) (?!you|it\b|this|that\b|to hear)\w",
    re.I,
)
WITHOUT_I = (
    _rule(
        r"(?:[Ee]ating |[Dd]rinking )?"
        r"(?P<value>(?!(?:[Mm]y|[Tt]he|[Tt]his|[Tt]hat|[Ii]t"
        r"|[Hh]e|[Ss]he|[Tt]hey|[Yy]ou|[Ii])\b)[A-Za-z][\w' -]{1,40}?)"
        r" (?:(?:could|can|would|might) kill me"
        r"|(?:(?:could|can|would|might|will|once) )?(?:sen[dt]s? me (?:in)?to (?:the )?(?:hospital"
        r"|emergency|anaphyla\w+|shock)|(?:makes?|made) (?:me|my (?:throat|face|lips|tongue|skin))"
        r" (?:swell|break out|itch|close up|stop breathing|come out in)"
        r"|(?:gives?|gave) me (?:anaphyla\w+|hives|a rash|welts)))",
        -1,
        1.0,
        "allergy",
        _HEALTH,
    ),
    _rule(
        r"(?:[Ii]t|[Ww]hat)(?:'s| is)? (?:really |also |very |extremely )?(?:matters?(?: most)?"
        r"|important|essential|crucial|vital)(?: to me| for me)\b(?: (?:that|is|to))?"
        r"|[Ii]t (?:really )?(?:bothers|annoys|upsets|stresses) me\b",
        1,
        0.8,
    ),
    _rule(
        r"(?P<value>.{2,120}?) (?:is|are)(?:n't| not| definitely not| just not| really not)"
        r" (?:really |exactly |quite |just )?(?:my (?:thing|cup of tea|style|taste|jam)|for me"
        r"|an option for me|something I)\b",
        -1,
        0.75,
    ),
    _rule(
        r"(?P<value>.{2,120}?) (?:don't|doesn't|do not|does not|never|just don't"
        r"|won't) (?:really )?"
        r"(?:work(?:s)? for me|appeal to me|agree with me|do it for me|interest me|suit me"
        r"|excite me"
        r"|sit well with me|do anything for me)\b",
        -1,
        0.75,
    ),
    _rule(
        r"(?P<value>.{2,120}?) (?:is|are) (?:an? |absolutely |very |really |extremely |so |my |of"
        r" )*(?P<what>must|no-go|off limits|off the table|out of the question|deal[- ]?breaker"
        r"|essential|non-negotiable|priority|number one priority|top priority|important|crucial"
        r"|paramount|a must-have|must-have|torture|hell|weakness|kryptonite|worst nightmare"
        r"|pet peeve|passion|guilty pleasure|comfort food|happy place|favou?rites?)"
        r"(?: thing)?(?: (?:for|to) me\b|(?=[,.!]|$)|(?= (?:when|because|as|since|that|if)\b))",
        1,
        0.85,
    ),
    _rule(
        r"(?P<value>.{2,120}?) (?:really |always |just |simply |absolutely )?(?:(?:bores?"
        r"|stress(?:es)?"
        r"|depress(?:es)?|annoys?|irritates?|drains?|scares?|terrif(?:y|ies)|disgusts?|frustrates?"
        r"|overwhelms?|bothers?|creeps?|exhausts?) me\b|(?:puts? me off|turns? me off"
        r"|makes? me (?:\w+ )?"
        r"(?:uncomfortable|sick|ill|anxious|nervous|nauseous|dizzy|sad|sleepy|jittery|itch|ache"
        r"|bloated|angry|claustrophobic)|gives? me (?:\w+ )?(?:migraines?|headaches?|hives|anxiety"
        r"|heartburn|the creeps|a rash|nightmares)|makes? my (?:skin|eyes|stomach|throat))"
        r"\b)",
        -1,
        0.75,
    ),
    _rule(r"(?:[Mm]y|[Oo]ur) (?:\w+ )?preferences? (?:is|are|would be)\b", 1, 0.8),
    _rule(r"[Nn]othing (?:beats|is better than)\b", 1, 0.8),
    _rule(r"(?P<value>.{2,120}?) goe?s? against (?:my|everything I)\b", -1, 0.9),
    _rule(
        r"[Mm]y (?:skin|stomach|body|eyes|knees?|back|doctor|hair|head|gut|scalp|nose)"
        r" (?:\w+ ){0,2}?(?:can't|cannot|doesn't|reacts?|says?|told|advised|gets?|won't|don't|is"
        r" (?:very |quite )?sensitive|ordered|wants)\b",
        -1,
        0.9,
        "condition",
        _HEALTH,
    ),
    _rule(r"(?:[Nn]o|[Aa]bsolutely no) (?P<value>[\w ,-]{2,60}) for me\b", -1, 0.85),
    _rule(
        r"(?:[Oo]nly (?P<value>[\w -]{3,60}?)|[\w -]{3,60}? only) for me(?:,? please)?[.!]?$",
        1,
        0.9,
    ),
)
FAVOURITE = re.compile(
    r"\b[Mm]y (?:all-time |absolute |least |most )?favou?rite (?P<what>[\w' -]{2,40}?)"
    r"(?: \w+ing)? (?:is|are|has to be|would be|must be|has always been|have always been)"
    r" (?P<value>.{2,})"
)
