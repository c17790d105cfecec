"""Letters' templates: read, checked to the last placeholder, and ready, or not there at all."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from jinja2 import DictLoader, StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notices.defang import visible
from notices.errors import TemplateFault, UnknownTemplate

#: Every placeholder that a template may name; an empty set is a plain value.
PLACEHOLDERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("number", "tags", "date", "count", "plain", "detailed", "attached", "law"),
            frozenset[str](),
        ),
        "preservation": frozenset(),
        "urls": frozenset(),
        "embed": frozenset(),
        "loop": frozenset({"index"}),
        "hotline": frozenset(
            {"name", "country", "signature", "email", "phone", "domain", "capacity"}
        ),
        "recipient": frozenset({"name", "role"}),
        "deadline": frozenset({"hours", "binding", "basis"}),
        "previous": frozenset({"number", "sent", "count"}),
        "url": frozenset(
            {"number", "location", "remove", "media", "embeds", "up", "by", "where"}
            | {"classification", "scheme", "reference"}
        ),
    }
)
#: What a body can't do without, whatever its language or kind (5-notices, DSA Art. 16(2)).
REQUIRED: Final = frozenset(
    {"number", "url.location", "url.up", "url.where", "url.classification", "law", "attached"}
    | {"deadline.hours", "deadline.basis", "hotline.name", "hotline.country", "hotline.email"}
    | {"hotline.capacity", "hotline.signature", "preservation", "url.embeds"}
)
_LOOPS: Final = frozenset({("url", "urls"), ("embed", "url.embeds")})


@dataclass(frozen=True)
class LetterTemplate:
    """One kind of letter in one language, compiled and checked."""

    name: str  # "en/first"
    lang: str
    version: str
    reviewed: bool
    subject: Template
    body: Template
    words: Mapping[str, Any]


class Templates:
    """A set of letter templates: `<lang>/<kind>/{subject.txt,body.txt,meta.toml}`."""

    def __init__(self, letters: Mapping[tuple[str, str], LetterTemplate]) -> None:
        self._letters = dict(letters)

    @classmethod
    def load(cls, root: Path) -> Self:
        """Read all of a folder. Raises `TemplateFault` for anything that couldn't be sent."""
        sources = {
            str(path.relative_to(root)): path.read_text("utf-8")
            for path in sorted(root.glob("*/*/*.txt"))
        }
        env = ImmutableSandboxedEnvironment(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            autoescape=False,  # plain text: `visible` is what keeps values harmless
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=lambda value: visible(value) if isinstance(value, str) else value,
        )
        env.globals.clear()
        letters = {}
        for meta in sorted(root.glob("*/*/meta.toml")):
            lang, kind = meta.parent.parent.name, meta.parent.name
            letters[lang, kind] = _letter(root, lang, kind, env, sources)
        return cls(letters)

    def find(self, kind: str, lang: str) -> LetterTemplate:
        """The letter in this language, else in English. Raises `UnknownTemplate`."""
        found = self._letters.get((lang, kind)) or self._letters.get(("en", kind))
        if found is None:
            raise UnknownTemplate(kind, lang)
        return found

    def __iter__(self) -> Any:
        return iter(self._letters.values())


def _letter(
    root: Path, lang: str, kind: str, env: ImmutableSandboxedEnvironment, sources: dict[str, str]
) -> LetterTemplate:
    name = f"{lang}/{kind}"
    try:
        meta = tomllib.loads((root / lang / kind / "meta.toml").read_text("utf-8"))
        words = tomllib.loads((root / lang / "words.toml").read_text("utf-8"))
        version, reviewed = str(meta["version"]), bool(meta["reviewed"])
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise TemplateFault(name, f"its meta or words can't be read: {error}") from None
    used: dict[str, set[str]] = {}
    for part in ("subject", "body"):
        used[part] = _placeholders(f"{name}/{part}.txt", env, sources)
    missing = REQUIRED - used["body"] - ({"previous.sent"} if kind != "reminder" else set())
    if kind == "reminder":
        missing |= {"previous.number", "previous.sent"} - used["body"]
    if missing:
        raise TemplateFault(f"{name}/body.txt", "says nothing of " + ", ".join(sorted(missing)))
    if "tags" not in used["subject"]:
        raise TemplateFault(f"{name}/subject.txt", "carries no tags")
    return LetterTemplate(
        name,
        lang,
        version,
        reviewed,
        env.get_template(f"{name}/subject.txt"),
        env.get_template(f"{name}/body.txt"),
        words,
    )


def _placeholders(
    name: str, env: ImmutableSandboxedEnvironment, sources: Mapping[str, str]
) -> set[str]:
    """All placeholders of a template and its parts, as `name` or `name.attribute`."""
    if name not in sources:
        raise TemplateFault(name, "is missing")
    try:
        tree = env.parse(sources[name])
    except TemplateSyntaxError as error:
        raise TemplateFault(name, f"line {error.lineno}: {error.message}") from None
    used: set[str] = set()
    for loop in tree.find_all(nodes.For):
        if (_path(loop.target), _path(loop.iter)) not in _LOOPS:
            raise TemplateFault(name, f"line {loop.lineno}: may loop over urls and embeds only")
    for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Call)):
        path = _path(node)
        head, _, attribute = path.partition(".")
        if head not in PLACEHOLDERS or (attribute and attribute not in PLACEHOLDERS[head]):
            raise TemplateFault(name, f"line {node.lineno}: unknown placeholder {path or node}")
        used.add(path)
    for include in tree.find_all(nodes.Include):
        if not isinstance(include.template, nodes.Const):
            raise TemplateFault(name, f"line {include.lineno}: includes what isn't named")
        used |= _placeholders(include.template.value, env, sources)
    return used


def _path(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        return f"{_path(node.node)}.{node.attr}"
    return ""


BUILTIN: Final = Templates.load(Path(__file__).parent / "templates")
