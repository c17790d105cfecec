"""Babel's way to the definitions of measures: docstrings, as the registry prints them."""

import ast
from collections.abc import Iterator
from typing import Any, BinaryIO


def extract(
    file: BinaryIO, keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """The docstring of each public function on one line, as a message id; functions that answer
    from the `facts` define nothing."""
    for node in ast.parse(file.read()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if node.args.args and node.args.args[0].arg == "facts":
                continue
            text = ast.get_docstring(node)
            if text:
                yield node.lineno, "_", " ".join(text.split()), []
