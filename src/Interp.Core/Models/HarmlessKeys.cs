namespace Interp.Models;

/// <summary>Keys of a config.json that say how a model was trained, stored or shall be sampled, not what a forward pass computes.</summary>
internal static class HarmlessKeys
{
    private static readonly HashSet<string> Known =
    [
        "architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "auto_map", "name_or_path", "tokenizer_class", "prefix",
        "finetuning_task", "task_specific_params", "problem_type", "num_labels", "id2label", "label2id", "transformers.js_config",
        "attn_implementation", "predict_special_tokens", "output_past",
        "initializer_range", "classifier_dropout", "gradient_checkpointing", "pretraining_tp", "is_llama_config", "is_decoder",
        "use_cache", "cache_implementation", "use_bfloat16", "torchscript", "chunk_size_feed_forward",
        "output_attentions", "output_hidden_states", "output_scores", "return_dict", "return_dict_in_generate",
        "pad_token_id", "sep_token_id", "cls_token_id", "unk_token_id", "mask_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id",
        "max_length", "max_new_tokens", "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature",
        "top_k", "top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
        "num_return_sequences", "remove_invalid_values",
    ];

    /// <summary>Whether a key changes nothing, as settings of training, of summaries and of private notes do.</summary>
    public static bool Contains(string key) =>
        Known.Contains(key) || key.StartsWith('_') || key.StartsWith("summary_", StringComparison.Ordinal) || key.StartsWith("unsloth_", StringComparison.Ordinal)
        || key.EndsWith("_dropout", StringComparison.Ordinal) || key.EndsWith("_dropout_prob", StringComparison.Ordinal) || key.EndsWith("_pdrop", StringComparison.Ordinal);
}
