"""The listener's network in PyTorch: two small recurrent encoders with an exchange between them.

```
   log-mel A ─ stem ─ GRU ─┬─ exchange ─ GRU ─┬─ heads ─► activity, feedback, future of A
                           X                  │
   log-mel B ─ stem ─ GRU ─┴─ exchange ─ GRU ─┴─ heads ─► activity, feedback, future of B
```

Both sides share all weights, so swapping the channels swaps the answers and changes nothing else.
Where both speakers are on one channel both sides get the same input, and a learned vector that is
added on one side and subtracted on the other lets each follow one of the speakers.
"""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor, nn

from interactspeech.listener.model import OUTPUTS
from interactspeech.signal.log_mel import BANDS, STACK


class NetworkShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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

    def __init__(self, shape: NetworkShape) -> None:
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
        self, mel: Tensor, mixed: Tensor, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits, and the state for the next call.

        Args:
            mel: log-mel steps, shape ``(batch, 2, steps, 160)``; for a mixed channel, twice
                the same.
            mixed: shape ``(batch,)``, 1 where both speakers are on one channel.
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
        x = x + (mixed[:, None, None] * sides)[:, :, None, :]
        first, second = (None, None) if state is None else (state[0:1], state[1:2])
        own, first = self.own(x.reshape(2 * batch, steps, width), first)
        own = own.reshape(batch, 2, steps, width)
        both = torch.relu(self.exchange(torch.cat((own, own.flip(1)), dim=-1)))
        joint, second = self.joint(both.reshape(2 * batch, steps, width), second)
        joint = joint.reshape(batch, 2, steps, width)
        hidden = torch.relu(self.head1(torch.cat((own, joint), dim=-1)))
        logits: Tensor = self.head2(hidden)
        return logits, torch.cat((first, second))
