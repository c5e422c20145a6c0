"""A language model that says how probable the words of acts are after what was said before."""

from collections.abc import Sequence

from reading_acts import Act

from interactspeech.training.text.base_models import SMOLLM2, find_base, load_model, load_tokenizer

#: Tokens of one pass of the model.
PACK = 400


class Reader:
    """Log-probabilities of acts' words after a context, one pass of the model for many acts."""

    def __init__(self, threads: int, dtype: str = "bfloat16") -> None:
        import torch

        torch.set_num_threads(threads)
        base = find_base(SMOLLM2)
        self._torch = torch
        self._tokens = load_tokenizer(base)
        self._start = self._tokens.convert_tokens_to_ids("<|endoftext|>")
        whole = load_model(base, device="cpu").eval()
        self._head = whole.lm_head.weight.detach().float().clone()
        self._model = whole.model.to(getattr(torch, dtype))
        self._dtype = getattr(torch, dtype)
        self.read = 0

    def ids(self, text: str) -> list[int]:
        return list(self._tokens(text, add_special_tokens=False).input_ids)

    def context(self, act: Act) -> list[int]:
        """The place: lines, and the name of who speaks next (always B)."""
        names = {act.speaker: "B"}
        for speaker, _ in act.before:
            names.setdefault(speaker, "ACDEFGHIJKLM"[len(names) - 1])
        lines = [f"{names[speaker]}: {' '.join(said)}" for speaker, said in act.before]
        return [self._start, *self.ids("\n".join([*lines, "B:"]))]

    def score(self, places: Sequence[tuple[list[int], Sequence[list[int]]]]) -> list[list[float]]:
        """Nats, for each place (a context) and each act tried there.

        Acts see their context and not each other, and no context sees another: several places are
        one sequence with a mask.
        """
        found: list[list[float]] = []
        pack: list[tuple[list[int], Sequence[list[int]]]] = []
        size = 0
        for context, acts in places:
            length = len(context) + sum(map(len, acts))
            if pack and size + length > PACK:
                found += self._score(pack)
                pack, size = [], 0
            pack.append((context, acts))
            size += length
        return found + (self._score(pack) if pack else [])

    def _score(self, pack: list[tuple[list[int], Sequence[list[int]]]]) -> list[list[float]]:
        torch = self._torch
        total = sum(len(context) + sum(map(len, acts)) for context, acts in pack)
        self.read += total
        hidden_from = torch.finfo(self._dtype).min
        mask = torch.full((total, total), hidden_from, dtype=self._dtype)
        ids: list[int] = []
        positions: list[int] = []
        asked: list[int] = []
        answers: list[int] = []
        for context, acts in pack:
            first, shared = len(ids), len(context)
            ids += context
            positions += range(shared)
            seen = slice(first, first + shared)
            mask[seen, seen] = torch.full((shared, shared), hidden_from, dtype=self._dtype).triu(1)
            for act in acts:
                mine = slice(len(ids), len(ids) + len(act))
                mask[mine, seen] = 0
                mask[mine, mine] = torch.full(
                    (len(act), len(act)), hidden_from, dtype=self._dtype
                ).triu(1)
                asked += [first + shared - 1, *range(mine.start, mine.stop - 1)]
                answers += act
                positions += range(shared, shared + len(act))
                ids += act
        with torch.inference_mode():
            hidden = self._model(
                input_ids=torch.tensor([ids]),
                attention_mask=mask[None, None],
                position_ids=torch.tensor([positions]),
                use_cache=False,
            ).last_hidden_state[0]
            logits = hidden[asked].float() @ self._head.T
            each = logits.log_softmax(-1).gather(1, torch.tensor(answers)[:, None])[:, 0]
        sums = [
            float(part.sum()) for part in each.split([len(a) for _, acts in pack for a in acts])
        ]
        found, at = [], 0
        for _, acts in pack:
            found.append(sums[at : at + len(acts)])
            at += len(acts)
        return found
