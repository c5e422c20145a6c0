"""Listen to a stereo input, a speaker a channel, and print what happens as it happens.

    pip install 'interactspeech[listen]' sounddevice
    python examples/listen_microphone.py [DEVICE]

One microphone for two people: add --mono.
"""

from __future__ import annotations

import queue
import sys

import sounddevice

from interactspeech import Stream

RATE, BLOCK = 48_000, 1_920  # 40 ms


def main() -> None:
    mono = "--mono" in sys.argv
    device = next((a for a in sys.argv[1:] if not a.startswith("-")), None)
    blocks: queue.Queue[object] = queue.Queue()
    stream = Stream(RATE, mode="mixed" if mono else "two_channel")
    channels = 1 if mono else 2
    print("listening; Ctrl-C ends it")
    with sounddevice.InputStream(
        RATE,
        BLOCK,
        device,
        channels,
        "float32",
        callback=lambda data, *_: blocks.put(data.T.copy()),
    ):
        try:
            while True:
                update = stream(blocks.get())
                for frame in update.frames:
                    for who, bid in zip("AB", frame.floor_bid, strict=True):
                        if bid > 0.8:
                            print(f"{frame.time / RATE:8.2f}  {who} wants the floor ({bid:.2f})")
                for event in update.events:
                    sure = "" if event.probability is None else f" ({event.probability:.2f})"
                    print(f"{event.start / RATE:8.2f}  {event.speaker} {event.type}{sure}")
        except KeyboardInterrupt:
            for event in stream.finish().events:
                print(f"{event.start / RATE:8.2f}  {event.speaker} {event.type}")


if __name__ == "__main__":
    main()
