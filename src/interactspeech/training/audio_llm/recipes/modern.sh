#!/usr/bin/env bash
# A default of today: more answers a question, so that a group has something to compare; clipping
# that lets rare good answers grow and no reference model (DAPO, Yu et al. 2025); LoRA, so that one
# GPU of 48 GB is enough; answers sampled by vLLM; the onset rewarded too, if the data ask for it.
set -euo pipefail
cd "$(dirname "$0")"
REWARDS="event_exact event_formed"
if grep -q 'yes 3.2' train.jsonl; then REWARDS="$REWARDS event_onset"; fi
# shellcheck disable=SC2086 # the rewards are several words on purpose
swift rlhf \
  --rlhf_type grpo \
  --model "${MODEL:-Qwen/Qwen2.5-Omni-7B}" \
  --dataset train.jsonl \
  --external_plugins plugin.py \
  --reward_funcs $REWARDS \
  --train_type "${TRAIN_TYPE:-lora}" \
  --lora_rank 32 \
  --lora_alpha 64 \
  --target_modules all-linear \
  --freeze_vit true \
  --torch_dtype bfloat16 \
  --learning_rate 1e-5 \
  --lr_scheduler_type cosine \
  --warmup_ratio 0.03 \
  --num_train_epochs 2 \
  --per_device_train_batch_size 8 \
  --gradient_accumulation_steps 4 \
  --num_generations 8 \
  --beta 0.0 \
  --loss_type bnpo \
  --epsilon_high 0.28 \
  --dynamic_sample true \
  --temperature 1.0 \
  --max_completion_length 64 \
  --use_vllm true \
  --vllm_mode colocate \
  --vllm_gpu_memory_utilization 0.4 \
  --save_steps 200 \
  --logging_steps 5 \
  --output_dir "${OUTPUT:-output-modern}" \
  "$@"
