"""Where Kokoro's time goes, by onnxruntime's profiler, and what the machine could do at most."""

import argparse
import os
import tempfile
import time
from collections import Counter, defaultdict
from json import loads
from pathlib import Path
from typing import Any

import numpy as np
from bench_voices import table
from kokoro_processes import OURS

from interactspeech.models.catalogue import KOKORO, KOKORO_VOICES
from interactspeech.models.onnx_graph import edited
from interactspeech.models.phonemes import identifiers, phonemes
from interactspeech.tts import WeightStore
from interactspeech.tts.engines.kokoro import _edits


def peak() -> dict[str, float]:
    """GFLOP/s of one thread in products of 1024 x 1024 matrices by onnxruntime's kernels."""
    from onnx import helper, numpy_helper

    size, rates = 1024, {}
    rng = np.random.default_rng(0)
    floats = rng.standard_normal((size, size)).astype(np.float32)
    octets = rng.integers(0, 127, (size, size), dtype=np.uint8)
    for name, left, right, operator, result in (
        ("floats", floats, floats, "MatMul", np.float32),
        ("unsigned x unsigned", octets, octets, "MatMulInteger", np.int32),
        ("unsigned x signed", octets, octets.astype(np.int8), "MatMulInteger", np.int32),
    ):
        given, made = (
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(kind), left.shape)
            for name, kind in (("x", left.dtype), ("y", np.dtype(result)))
        )
        node = helper.make_node(operator, ["x", "w"], ["y"])
        constant = numpy_helper.from_array(right, "w")
        graph = helper.make_graph([node], "product", [given], [made], [constant])
        opset = [helper.make_opsetid("", 13)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        running = session(model.SerializeToString())
        best = 1e9
        for _ in range(20):
            begin = time.process_time()
            running.run(None, {"x": left})
            best = min(best, time.process_time() - begin)
        rates[name] = 2 * size**3 / best / 1e9
    return rates


def session(model: bytes, *, profile: str = "") -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if profile:
        options.enable_profiling, options.profile_file_prefix = True, profile
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


#: Operators by what they are for.
KINDS = {
    "convolutions": ("Conv", "ConvInteger"),
    "products of matrices": (
        *("MatMulIntegerToFloat", "MatMulInteger", "DynamicQuantizeMatMul", "MatMul"),
        *("FusedMatMul", "Gemm"),
    ),
    "laying out for them": (
        *("Transpose", "Gather", "Pad", "DynamicQuantizeLinear", "Reshape", "Concat", "Slice"),
    ),
    "sines": ("Sin", "Cos"),
    "normalisation": ("InstanceNormalization", "BatchNormalization", "ReduceMean"),
    "sums, products, powers": ("Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Cast"),
    "transposed convolutions": ("ConvTranspose",),
    "short-time Fourier transform": ("STFT",),
    "recurrent layers": ("DynamicQuantizeLSTM",),
}


def work(event: dict[str, Any]) -> float:
    """Floating-point (or integer) operations of a convolution or a large product."""
    shapes = [next(iter(one.values())) for one in event["args"].get("input_type_shape", [])]
    made = [next(iter(one.values())) for one in event["args"].get("output_type_shape", [])]
    kind = event["args"]["op_name"]
    if kind in ("Conv", "ConvInteger"):
        return 2.0 * np.prod(shapes[1]) * made[0][-1]
    if kind in ("MatMulIntegerToFloat", "MatMulInteger"):  # packed weights are not listed
        return 2.0 * np.prod(shapes[0]) * made[0][-1]
    return 0.0


def profile(_: argparse.Namespace) -> str:
    import onnxruntime

    store = WeightStore()
    model = store.read(KOKORO)
    pack = np.frombuffer(store.read(KOKORO_VOICES["af_heart"]), "<f4").reshape(510, 1, 256)
    piece = phonemes("Well, of course we could.")  # short, so that other work seldom breaks in
    given = {
        "tokens": np.asarray([identifiers(piece.symbols)], np.int64),
        "style": pack[len(piece) - 1],
        "speed": np.ones(1, np.float32),
    }
    columns: dict[str, Counter[str]] = {}
    speeds, operations_a_second = {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in OURS:
            running = session(edited(model, *_edits(name)), profile=f"{folder}/{name}")
            runs = 20
            seconds = len(running.run(None, given)[0].ravel()) / 24_000
            for _ in range(runs - 1):
                running.run(None, given)
            nodes = defaultdict(list)
            for event in loads(Path(running.end_profiling()).read_text("utf-8")):
                if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
                    nodes[event["args"]["node_index"]].append(event)
            spent: Counter[str] = Counter()
            operations = heavy = 0.0
            for events in nodes.values():
                # The quickest of its runs: what else the machine did is not the graph's.
                least = min(event["dur"] for event in events) / 1e3
                op = events[0]["args"]["op_name"]
                spent[next((kind for kind, ops in KINDS.items() if op in ops), "all else")] += least
                if (done := work(events[0])) > 1e7:
                    operations += done
                    heavy += least
            columns[name] = spent
            plain, times = session(edited(model, *_edits(name))), []
            for _ in range(8):
                begin = time.process_time()
                plain.run(None, given)
                times.append(time.process_time() - begin)
            speeds[name] = operations / heavy / 1e6, seconds / min(times)
            operations_a_second = max(operations / seconds / 1e9, operations_a_second)
    order = [*KINDS, "all else"]
    rows = [[kind, *(f"{columns[name][kind] / seconds:.0f} ms" for name in OURS)] for kind in order]
    rows.append(
        ["**all**", *(f"**{sum(columns[name].values()) / seconds:.0f} ms**" for name in OURS)]
    )
    rows.append(
        [
            "times real time, by processor time without the profiler",
            *(f"x {speeds[name][1]:.2f}" for name in OURS),
        ]
    )
    rows.append(
        [
            "speed of convolutions and large products",
            *(f"{speeds[name][0]:.0f} GFLOP/s" for name in OURS),
        ]
    )
    best = peak()
    peaks = ", ".join(f"{name} {rate:.0f} GFLOP/s" for name, rate in best.items())
    gain, none = (
        best[kind] / best["floats"] for kind in ("unsigned x signed", "unsigned x unsigned")
    )
    return f"""One thread, onnxruntime {onnxruntime.__version__}, one sentence of {seconds:.1f} s; milliseconds a second of speech by the clock, of each node
the quickest of {runs} runs (long ones are broken into by other work all the same: load {os.getloadavg()[0]:.0f}; the speeds in GFLOP/s are lower bounds). A second of speech takes {operations_a_second:.0f} GFLOP of convolutions and large products.

{table(("", *OURS.values()), rows)}
This machine's peak, measured in the same run as products of 1024 x 1024 matrices on one thread: {peaks}.
Products of unsigned integers, which is how the published graph has them, run at {none:.1f} times the speed of floats, and no setting of
a session helps that; signed constant weights reach the instructions that processors have for 8-bit products, {gain:.1f} times the speed of
floats. What is left beside them is memory, sines and layers that were not quantised.

What was tried besides, on this machine: convolutions as two-dimensional ones in onnxruntime's blocked layout (7 to 25 % faster than its
one-dimensional float ones, far behind the integers). All of the generator with time before channels, so that nothing is turned
before and after a product (turning falls from 46 to 2 ms a second of speech and normalisation from 43 to 9, but sums and products
with one number a channel grow from 14 to 70 ms, because fused normalisation is only there for channels first): 1.02 to 1.1 times as
fast in turn with it, slower on a busy machine, of whose memory it asks more; in parts that stay in the cache, about the same.
Rows of two times a product (kernels of 11 taps: a third less copying, a tenth more products): 2 % of the whole. Snake's constant
folded into the next convolution: not possible, as its frequency is nearly 0 in some channels and the constant 50 times what is
quantised with it.

The silence before the first sound left out as well, and a margin of 0.1 s after the last one: 1.24 times as fast (1.17 to 1.31; 20
sentences beside commit 2510696 on a busy machine), but normalisation over what is left changes soft edges: DNSMOS 3.30 against 3.35,
"oh" 0.21 s against 0.29, words at the end up to 0.1 s shorter. So the beginning stays, and 0.2 s at the end.

Where it stops: half of what is left is products at three fifths of their measured peak and sines, which onnxruntime computes four at
a time (2.3 ns a number; NumPy, with the processor's widest registers, takes 0.6 ns). The rest is passes over arrays of 2.5 MB a second
of speech and layer, each at the speed of memory. Faster would be kernels of our own: normalisation, snake and quantisation in one pass.
"""
