"""The listener's network in PyTorch: two small recurrent encoders with an exchange between them.

```
   log-mel A ─ stem ─ GRU ─┬─ exchange ─ GRU ─┬─ heads ─► activity, feedback, future of A
                           X                  │
   log-mel B ─ stem ─ GRU ─┴─ exchange ─ GRU ─┴─ heads ─► activity, feedback, future of B
```

Both sides share all weights, so swapping the channels swaps the answers and changes nothing else.
On one channel (two people on one track) both sides hear the same sound, and a learned vector added
on either side tells them apart: each then follows one of the speakers.
"""

from __future__ import annotations

from typing import Final

import msgspec
import torch
from torch import Tensor, nn

from interactspeech.signal.log_mel import BANDS, STACK

#: Edges of the bins of future activity, seconds from now (Ekstedt & Skantze 2022).
BINS: Final = ((0.0, 0.2), (0.2, 0.6), (0.6, 1.2), (1.2, 2.0))
ACTIVE: Final = slice(0, 2)
FEEDBACK: Final = slice(2, 3)
FUTURE: Final = slice(3, 7)
OUTPUTS: Final = 7


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The network's size.

    Attributes:
        width: of the recurrent layers.
        stem: of the layer before them.
        heads: of the layer after them.
        lookahead: steps of 40 ms by which activity and feedback lag behind the sound.
    """

    width: int = 128
    stem: int = 192
    heads: int = 64
    lookahead: int = 2


class Network(nn.Module):
    """See the module's docstring.

    Args:
        shape: its size.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.stem1 = nn.Linear(STACK * BANDS, shape.stem)
        self.stem2 = nn.Linear(shape.stem, width)
        self.side = nn.Parameter(torch.randn(width) * 0.5)
        self.own = nn.GRU(width, width, batch_first=True)
        self.exchange = nn.Linear(2 * width, width)
        self.joint = nn.GRU(width, width, batch_first=True)
        self.head1 = nn.Linear(2 * width, shape.heads)
        self.head2 = nn.Linear(shape.heads, OUTPUTS)

    def forward(
        self, mel: Tensor, mono: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits and the state to go on with.

        Args:
            mel: log-mel steps, shape ``(batch, 2, steps, 160)``; for one channel, twice the same.
            mono: shape ``(batch,)``, 1 where both speakers are on one channel.
            state: what the last call returned, shape ``(2, 2 * batch, width)``.

        Returns:
            Shape ``(batch, 2, steps, 7)``: activity of the two halves of a step, feedback, the four
            bins of future activity.
        """
        batch, _, steps, _ = mel.shape
        width = self.shape.width
        x = torch.relu(self.stem1((mel + 6.0) * 0.5))
        x = torch.relu(self.stem2(x))
        sides = torch.stack((self.side, -self.side))
        x = x + (mono[:, None, None] * sides)[:, :, None, :]
        first, second = (None, None) if state is None else (state[0:1], state[1:2])
        own, first = self.own(x.reshape(2 * batch, steps, width), first)
        own = own.reshape(batch, 2, steps, width)
        both = torch.relu(self.exchange(torch.cat((own, own.flip(1)), dim=-1)))
        joint, second = self.joint(both.reshape(2 * batch, steps, width), second)
        joint = joint.reshape(batch, 2, steps, width)
        hidden = torch.relu(self.head1(torch.cat((own, joint), dim=-1)))
        logits: Tensor = self.head2(hidden)
        return logits, torch.cat((first, second))
