"""Reads the SELECTs that tds_fdw sends, into tuples; everything else is a syntax error.

Nodes: ("column", name), ("text", value), ("number", text), ("null",), ("cast", node, type, arguments),
("compare", operator, left, right), ("like", wanted, left, pattern), ("is null", wanted, node),
("and" | "or", left, right), ("not", node).
"""

import re
from collections import namedtuple

from .errors import syntax_error

Select = namedtuple("Select", "schema name columns where order")
TOKEN = re.compile(
    r"\s*(?:(?P<bracketed>\[(?:[^\]]|\]\])*\])|(?P<wide>N'(?:[^']|'')*')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<word>\w+)|(?P<sign><>|!=|<=|>=|[^\s]))"
)
COMPARISONS = ("=", "<>", "!=", "<", ">", "<=", ">=")
KEYWORDS = {"SELECT", "FROM", "WHERE", "ORDER", "BY", "AND", "OR", "NOT", "IS", "NULL", "LIKE", "CAST", "AS", "ASC", "DESC", "IN"}

Token = namedtuple("Token", "kind text")


def tokens_of(text):
    found, at = [], 0
    text = text.rstrip().removesuffix(";").rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        found.append(_token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _token(kind, text):
    if kind == "word" and text.upper() in KEYWORDS:
        return Token("keyword", text.upper())
    if kind == "bracketed":
        return Token("name", text[1:-1].replace("]]", "]"))
    if kind == "word":
        return Token("name", text)
    if kind == "wide":
        return Token("text", text[2:-1].replace("''", "'"))
    if kind == "text":
        # Without N the text is of the database's code page: what that lacks becomes a question mark.
        return Token("text", text[1:-1].replace("''", "'").encode("cp1252", "replace").decode("cp1252"))
    return Token(kind, text)


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens_of(text), 0

    def next_is(self, *texts):
        return self.at < len(self.tokens) and self.tokens[self.at].kind in ("keyword", "sign") and self.tokens[self.at].text in texts

    def accept(self, *texts):
        if not self.next_is(*texts):
            return None
        self.at += 1
        return self.tokens[self.at - 1].text

    def expect(self, text):
        if not self.accept(text):
            raise self.error()

    def take(self, kind):
        if self.at < len(self.tokens) and self.tokens[self.at].kind == kind:
            self.at += 1
            return self.tokens[self.at - 1].text
        raise self.error()

    def error(self):
        token = self.tokens[min(self.at, len(self.tokens) - 1)] if self.tokens else Token("", "")
        return syntax_error(token.text)

    def end(self):
        if self.at < len(self.tokens):
            raise self.error()

    # --- SELECT ---------------------------------------------------------------

    def select(self):
        self.expect("SELECT")
        columns = self.columns()
        self.expect("FROM")
        *schema, name = self.names()
        where = self.condition() if self.accept("WHERE") else None
        order = self.order() if self.accept("ORDER") else []
        self.end()
        return Select(schema[0] if schema else "dbo", name, columns, where, order)

    def columns(self):
        """Their names; None for *, an empty list for NULL alone."""
        if self.accept("*"):
            return None
        if self.accept("NULL"):
            return []
        return self.several(lambda: self.take("name"))

    def several(self, one):
        found = [one()]
        while self.accept(","):
            found.append(one())
        return found

    def names(self):
        found = [self.take("name")]
        while self.accept("."):
            found.append(self.take("name"))
        if len(found) > 2:
            raise self.error()
        return found

    def order(self):
        self.expect("BY")
        return self.several(lambda: (self.take("name"), self.accept("ASC", "DESC") == "DESC"))

    # --- Conditions -------------------------------------------------------------

    def condition(self):
        return self.chain("OR", lambda: self.chain("AND", self.negation))

    def chain(self, word, part):
        node = part()
        while self.accept(word):
            node = (word.lower(), node, part())
        return node

    def negation(self):
        return ("not", self.negation()) if self.accept("NOT") else self.predicate()

    def predicate(self):
        left = self.value()
        operator = self.accept(*COMPARISONS)
        if operator:
            return ("compare", "<>" if operator == "!=" else operator, left, self.value())
        if self.accept("IS"):
            wanted = not self.accept("NOT")
            self.expect("NULL")
            return ("is null", wanted, left)
        if self.next_is("NOT", "LIKE"):
            wanted = not self.accept("NOT")
            self.expect("LIKE")
            return ("like", wanted, left, self.value())
        return left

    def value(self):
        if self.accept("("):
            return self.parenthesised()
        if self.accept("CAST"):
            return self.cast()
        if self.accept("NULL"):
            return ("null",)
        if self.accept("-"):
            return ("number", "-" + self.take("number"))
        kind = self.tokens[self.at].kind if self.at < len(self.tokens) else None
        if kind == "name":
            return ("column", self.take("name"))
        if kind in ("text", "number"):
            return (kind, self.take(kind))
        raise self.error()

    def parenthesised(self):
        """A condition, a value, or (SELECT value): what tds_fdw 2.0.3 makes of a parameter."""
        node = self.value() if self.accept("SELECT") else self.condition()
        self.expect(")")
        return node

    def cast(self):
        self.expect("(")
        node = self.value()
        self.expect("AS")
        name = self.take("name")
        arguments = self.several(lambda: self.take("number")) if self.accept("(") else None
        if arguments:
            self.expect(")")
        self.expect(")")
        return ("cast", node, name.lower(), arguments or [])


def parse_select(text):
    return Parser(text).select()


def parse_condition(text):
    parser = Parser(text)
    node = parser.condition()
    parser.end()
    return node
