#!/usr/bin/env bash
# The paper's settings, as far as they are public (InteractSpeech, Findings of EMNLP 2025, and the
# group's later reward model): Qwen2.5-Omni-7B, GRPO, 1,500 steps, AdamW, learning rate 1e-6, batch
# 2, 2 generations, KL 0.01, rewards exact answer and format. Needs ms-swift and a GPU of 80 GB.
set -euo pipefail
cd "$(dirname "$0")"
swift rlhf \
  --rlhf_type grpo \
  --model "${MODEL:-Qwen/Qwen2.5-Omni-7B}" \
  --dataset train.jsonl \
  --external_plugins plugin.py \
  --reward_funcs event_exact event_formed \
  --train_type "${TRAIN_TYPE:-full}" \
  --torch_dtype bfloat16 \
  --optim adamw_torch \
  --learning_rate 1e-6 \
  --max_steps 1500 \
  --per_device_train_batch_size 2 \
  --num_generations 2 \
  --beta 0.01 \
  --max_completion_length 64 \
  --gradient_checkpointing true \
  --save_steps 250 \
  --logging_steps 5 \
  --output_dir "${OUTPUT:-output-paper}" \
  "$@"
