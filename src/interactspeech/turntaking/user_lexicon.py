"""Word lists that the user brings: a lexicon of feedback in any language, in place of ours.

```json
{"language": "nl", "continuers": ["hm", "mm"], "acknowledgements": ["ja", "precies"],
 "reactions": ["echt"], "fillers": ["eh", "uhm"], "incomplete": ["de", "het", "en"]}
```
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from interactspeech.errors import UsageError
from interactspeech.lexicon.language import LANGUAGE, base_language
from interactspeech.turntaking.rules import RuleSet

#: The lists of feedback among those of a rule set.
FEEDBACK_LISTS = ("continuers", "acknowledgements", "reactions")
_LISTS = (*FEEDBACK_LISTS, "fillers", "incomplete")


class UserLexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lexicon; phrases in lower case, words separated by one space. See `RuleSet` for the lists.

    Attributes:
        language: of the words, a BCP-47 tag.
        name: for labels; the file's.
    """

    language: str = LANGUAGE
    name: str = ""
    continuers: tuple[str, ...] | None = None
    acknowledgements: tuple[str, ...] | None = None
    reactions: tuple[str, ...] | None = None
    fillers: tuple[str, ...] | None = None
    incomplete: tuple[str, ...] | None = None

    @classmethod
    def load(cls, path: Path | str) -> UserLexicon:
        """The lexicon in a JSON file.

        Raises:
            UsageError: it cannot be read, or is no lexicon.
        """
        try:
            found = msgspec.json.decode(Path(path).read_bytes(), type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UsageError(
                f"is no lexicon: {error}", path,
                remedy=f"a JSON object of language, {', '.join(_LISTS)}",
            ) from None  # fmt: skip
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror or error}", path) from None
        if not any(getattr(found, name) for name in FEEDBACK_LISTS):
            raise UsageError(
                "holds no word of feedback", path, remedy=f"give {', '.join(FEEDBACK_LISTS)}"
            )
        base_language(found.language)
        lists = {
            name: tuple(" ".join(phrase.lower().split()) for phrase in phrases)
            for name in _LISTS
            if (phrases := getattr(found, name)) is not None
        }
        return msgspec.structs.replace(found, name=found.name or Path(path).stem, **lists)


def with_language(
    rules: RuleSet, language: str = "", lexicon: UserLexicon | Path | str | None = None
) -> RuleSet:
    """A rule set whose word lists are in a language.

    Without a lexicon, lists of another language are emptied: talk is then labelled by its timing
    alone, as if its words were not known. The rule set gets an id of its own.

    Args:
        rules: the rule set.
        language: of the words, a BCP-47 tag; "": the lexicon's, else the rule set's.
        lexicon: lists that stand before the rule set's, or a file of them. Lists that it leaves out
            are the rule set's where the language is the same, else empty.

    Raises:
        UsageError: no such language; the lexicon cannot be read, or is in another language.
    """
    if isinstance(lexicon, str | Path):
        lexicon = UserLexicon.load(lexicon)
    wanted = base_language(language or (lexicon.language if lexicon else rules.language))
    if lexicon is not None and base_language(lexicon.language) != wanted:
        raise UsageError(
            f"the lexicon {lexicon.name!r} is in {lexicon.language!r}, and the language is said to "
            f"be {language!r}",
            remedy="name one language in both",
        )
    same = wanted == base_language(rules.language)
    lists: dict[str, tuple[str, ...]] = {} if same else dict.fromkeys(_LISTS, ())
    if lexicon is not None:
        lists |= {name: found for name in _LISTS if (found := getattr(lexicon, name)) is not None}
    if not lists:
        return rules
    suffix = f"{wanted}-{lexicon.name}" if lexicon is not None else wanted
    return msgspec.structs.replace(rules, id=f"{rules.id}+{suffix}", language=wanted, **lists)


def has_feedback_words(rules: RuleSet) -> bool:
    """Whether a rule set knows any word of feedback."""
    return any(getattr(rules, name) for name in FEEDBACK_LISTS)
