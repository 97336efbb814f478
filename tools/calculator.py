"""Arithmetic, exact: small language models cannot count, and binary floats cannot hold 0.1."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction

from pydantic import Field

from tools.base import Arguments, ToolFailed

_LONGEST = 300
_MOST_BITS = 10_000
"""Size of a number on the way: about three thousand digits."""
_SHOWN = 12
"""Significant digits of a result that had to be rounded."""
_LONGEST_SHOWN = 40
"""Digits of a whole number that are written out."""
_DECIMAL = Context(prec=60, Emax=10**6, Emin=-(10**6))
_CONSTANTS = {
    "pi": Fraction("3.14159265358979323846264338327950288419716939937511"),
    "e": Fraction("2.71828182845904523536028747135266249775724709369996"),
}


class CalculatorArguments(Arguments):
    expression: str = Field(
        description="An arithmetic expression such as (12.5 + 3) * 4, 15% of 80 or sqrt(2)"
    )


class Calculator:
    """Numbers, + - * / // % **, parentheses, sqrt, round, abs, min, max, pi, e, percentages."""

    name = "calculator"
    purpose = (
        "Works out an arithmetic expression exactly. Use it for any sum, product or percentage."
    )
    arguments: type[Arguments] = CalculatorArguments

    def may_help(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in _SUMS)

    def run(self, arguments: Arguments) -> str:
        assert isinstance(arguments, CalculatorArguments)
        value = evaluate(arguments.expression)
        return f"{' '.join(arguments.expression.split())} = {written(value)}"


_NUMBER = r"[$€£]?\d[\d,]*(?:\.\d+)?"
_NUMBER_WORD = (
    r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty"
    r"|forty|fifty|hundred|thousand)"
)
_SUMS = (
    # A date, a range or a phone number has bare dashes and slashes; a sum is spaced or asked for.
    re.compile(rf"(?<![\w.]){_NUMBER}\)?\s*(?:[+*×÷^]|\*\*)\s*\(?-?{_NUMBER}"),
    re.compile(rf"(?<![\w.]){_NUMBER}\)?\s+[-−/x%]\s+\(?-?{_NUMBER}"),
    re.compile(
        r"\b(?:what(?:['’]s|\sis)|calculate|compute|work\sout|how\smuch\sis)\s[^?\n]{0,40}?"
        rf"(?<![\d/.-]){_NUMBER}[-−/x]{_NUMBER}(?![\d]*[-/]\d)",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_NUMBER_WORD}\s+(?:plus|minus|times|divided\sby|multiplied\sby|modulo|mod"
        rf"|to\sthe\spower\sof)\s+{_NUMBER_WORD}\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b{_NUMBER}\s*(?:%|percent\b|per\scent\b)\s*(?:tip\b|tax\b|off\b|of\b|on\b)[^.?!\n]{{0,60}}?\d",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:add|subtract|multiply|divide|split|sum\sof|product\sof|difference\sbetween"
        rf"|average\sof)\s{_NUMBER}[^.?!\n]{{0,30}}?(?:\b(?:and|from|by|to|between|among|with)|,)"
        rf"\s{_NUMBER}",
        re.IGNORECASE,
    ),
)


def evaluate(expression: str) -> Fraction:
    """The exact value; roots and fractional powers to some fifty digits.

    Raises ToolFailed with what is wrong, also for numbers too large to be worked with.
    """
    source = _rewritten(expression)
    try:
        # Only ever parsed, never compiled or run.
        tree = ast.parse(source, mode="eval")
        return _Evaluator(source).value(tree.body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToolFailed(f"{expression.strip()!r} is not an arithmetic expression.") from error


def written(value: Fraction) -> str:
    """A number in decimal, exact where that takes few digits, else rounded and said to be."""
    exact = _DECIMAL.divide(Decimal(value.numerator), Decimal(value.denominator))
    short = exact.normalize(_DECIMAL)
    if -_SHOWN <= short.adjusted() <= _LONGEST_SHOWN and Fraction(short) == value:
        digits = len(short.as_tuple().digits)
        if value.denominator == 1 or digits <= _LONGEST_SHOWN // 2:
            return f"{short:f}"
    rounded = Context(prec=_SHOWN).create_decimal(short).normalize(_DECIMAL)
    plain = -6 <= rounded.adjusted() < 21
    note = "" if Fraction(rounded) == value else " (rounded)"
    return f"{rounded:f}{note}" if plain else f"{rounded:e}{note}"


# -- from what people write to Python's syntax ------------------------------------------------

_WORDS: tuple[tuple[str, str], ...] = (
    (r"^\s*(?:what\s+is|what['’]s|how\s+much\s+is|calculate|compute)\s+", ""),
    (r"[×✕]", "*"),
    ("÷", "/"),
    ("[−–]", "-"),
    (r"\^", "**"),
    ("[$€£]", ""),
    (r"\b(?:percent|per\s+cent)\b", "%"),
    (r"\bto\s+the\s+power\s+of\b", "**"),
    (r"\b(?:divided\s+by|over)\b", "/"),
    (r"\b(?:multiplied\s+by|times)\b", "*"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\b(?:modulo|mod)\b", " % "),
    (r"\bsquare\s+root\s+of\s+(\d+(?:\.\d+)?)", r"sqrt(\1)"),
    (r"(?<=\d)\s*x\s*(?=[\d(.])", "*"),
    (r"\s*=?\s*\??\s*$", ""),
)
_PERCENT = r"(\d+(?:\.\d+)?|\.\d+)"
_MARKUP = re.compile(rf"\s*(.*?[\d)])\s*([+-])\s*{_PERCENT}\s*%\s*")
_PERCENT_OF = re.compile(rf"{_PERCENT}\s*%\s*of\b")
# "10%3" and "10 % -3" are remainders, "10%" and "10% + 3" are percentages.
_PERCENTAGE = re.compile(rf"{_PERCENT}(?:%(?=\s*(?:$|[-+*/),]))|\s+%(?=\s*(?:$|[*/),])))")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ALLOWED = re.compile(r"[0-9a-z_+\-*/%().,\s]*")


def _rewritten(expression: str) -> str:
    if len(expression) > _LONGEST:
        raise ToolFailed(f"The expression is longer than {_LONGEST} characters.")
    source = expression.lower()
    for pattern, replacement in _WORDS:
        source = re.sub(pattern, replacement, source)
    if not re.search(r"[a-z]\s*\(", source):
        # Inside min(1,200) a comma stands between two numbers.
        source = _THOUSANDS.sub("", source)
    source = _percentages(source)
    if not _ALLOWED.fullmatch(source) or not source.strip():
        raise ToolFailed(f"{expression.strip()!r} is not an arithmetic expression.")
    return " ".join(source.split())


def _percentages(source: str) -> str:
    """Percentages as fractions; "200 + 10%" adds a tenth of 200, as on a pocket calculator."""
    source = _PERCENT_OF.sub(r"(\1/100)*", source)
    markup = _MARKUP.fullmatch(source)
    if markup and "%" not in markup[1]:
        return f"({markup[1]})*(1{markup[2]}{markup[3]}/100)"
    for match in _PERCENTAGE.finditer(source):
        if source[: match.start()].rstrip().endswith(("+", "-")) and source[: match.start()].strip(
            "+- "
        ):
            raise ToolFailed(f'Say what {match[1]}% is of, for example "{match[1]}% of 80".')
    return _PERCENTAGE.sub(r"(\1/100)", source)


# -- evaluation ------------------------------------------------------------------------------


class _Evaluator:
    """Walks the syntax tree; whatever is not listed here is refused."""

    def __init__(self, source: str) -> None:
        self._source = source

    def value(self, node: ast.expr) -> Fraction:
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.Name(id=name) if name in _CONSTANTS:
                return _CONSTANTS[name]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _checked(_OPERATORS[type(op)](self.value(left), self.value(right)))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
                return _checked(_FUNCTIONS[name]([self.value(each) for each in args]))
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                known = ", ".join([*_FUNCTIONS, *_CONSTANTS])
                raise ToolFailed(f"{name!r} is not known; there are {known}.")
        raise ToolFailed("Only numbers, + - * / // % **, parentheses and functions can be used.")

    def _literal(self, node: ast.Constant) -> Fraction:
        # The text of the number, since the parser has already made a binary float of it.
        text = ast.get_source_segment(self._source, node) or ""
        number = re.fullmatch(r"(?:\d[\d_]*\.?\d*|\.\d+)(?:e([+-]?\d{1,4}))?", text)
        if number is None:
            raise ToolFailed(f"{text!r} is not a decimal number.")
        return _checked(Fraction(text.replace("_", "")))


def _checked(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MOST_BITS:
        raise ToolFailed("The numbers get too large.")
    return value


def _nonzero(value: Fraction) -> Fraction:
    if value == 0:
        raise ToolFailed("Nothing can be divided by zero.")
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if base == 0 and exponent < 0:
        raise ToolFailed("Nothing can be divided by zero.")
    if exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base not in (0, 1, -1) and abs(exponent) * bits > _MOST_BITS:
            return _approximate_power(base, exponent)
        # Of 0, 1 and -1 only whether the exponent is zero, odd or even matters.
        small = exponent.numerator if base not in (0, 1, -1) else _like(exponent.numerator)
        return Fraction(base**small)
    if base < 0:
        raise ToolFailed("A negative number has no real root or fractional power.")
    if exponent == Fraction(1, 2):
        return _root(base)
    if base == 0:
        return base
    return _approximate_power(base, exponent)


def _approximate_power(base: Fraction, exponent: Fraction) -> Fraction:
    """To some fifty digits: for roots, and for interest over years that takes thousands."""
    whole = base.denominator == 1 and exponent.denominator == 1
    digits = abs(exponent) * (abs(_decimal(base).adjusted()) + 1)
    if whole or digits > _MOST_BITS // 4:
        raise ToolFailed("The numbers get too large.")
    return Fraction(_DECIMAL.power(_decimal(base), _decimal(exponent)))


def _like(exponent: int) -> int:
    return 0 if exponent == 0 else 2 - exponent % 2


def _decimal(value: Fraction) -> Decimal:
    return _DECIMAL.divide(Decimal(value.numerator), Decimal(value.denominator))


def _root(value: Fraction) -> Fraction:
    if value < 0:
        raise ToolFailed("A negative number has no real square root.")
    exact = Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))
    return exact if exact * exact == value else Fraction(_DECIMAL.sqrt(_decimal(value)))


def _rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """Half goes away from zero, as taught at school (Python rounds it to even)."""
    if places.denominator != 1 or abs(places) > 100:
        raise ToolFailed("round takes a number and a whole number of decimal places.")
    scale = Fraction(10) ** places.numerator
    size = math.floor(abs(value) * scale + Fraction(1, 2)) / scale
    return -size if value < 0 else size


_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / _nonzero(b),
    ast.FloorDiv: lambda a, b: Fraction(a // _nonzero(b)),
    ast.Mod: lambda a, b: a % _nonzero(b),
    ast.Pow: _power,
}


def _taking(
    name: str, least: int, most: int, function: Callable[..., Fraction]
) -> Callable[[list[Fraction]], Fraction]:
    def call(values: list[Fraction]) -> Fraction:
        if not least <= len(values) <= most:
            raise ToolFailed(f"{name} does not take {len(values)} numbers.")
        return function(*values)

    return call


_FUNCTIONS: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "sqrt": _taking("sqrt", 1, 1, _root),
    "round": _taking("round", 1, 2, _rounded),
    "abs": _taking("abs", 1, 1, abs),
    "min": _taking("min", 1, 100, lambda *values: min(values)),
    "max": _taking("max", 1, 100, lambda *values: max(values)),
}
