"""SPARQL requests on the level of tokens: their kind, their parameters, what they may reach."""

from parley.sparql.binding import add_using, bind, variables
from parley.sparql.lexer import Token, place, tokens
from parley.sparql.paging import page, total
from parley.sparql.request import Kind, Parsed, kind, read, read_closely
from parley.sparql.services import allow, reroute, silence
from parley.sparql.syntax import explain

__all__ = [
    "Kind",
    "Parsed",
    "Token",
    "add_using",
    "allow",
    "bind",
    "explain",
    "kind",
    "page",
    "place",
    "read",
    "read_closely",
    "reroute",
    "silence",
    "tokens",
    "total",
    "variables",
]
