// A llama GGUF file as a Hugging Face folder of dense numbers, to measure what its blocks cost or save:
//     dotnet fsi eng/dense.fsx MODEL.gguf FOLDER float32|bfloat16
// The folder has config.json and model.safetensors, and no tokenizer.
#load "../configs/interp.fsx"

open System
open System.Collections.Generic
open System.IO
open System.Text.Json
open Interp.Formats
open Interp.Runtime
open TorchSharp

let source, folder, dtype =
    match Array.tail fsi.CommandLineArgs with
    | [| source; folder; "float32" |] -> source, folder, torch.ScalarType.Float32
    | [| source; folder; "bfloat16" |] -> source, folder, torch.ScalarType.BFloat16
    | _ -> failwith "Usage: dotnet fsi eng/dense.fsx MODEL.gguf FOLDER float32|bfloat16"

Libtorch.Load() |> ignore
let file = Gguf.Open source

let setting (key: string) : obj =
    match file.Metadata.TryGetValue $"llama.{key}" with
    | true, value -> value
    | _ -> failwith $"{source} has no llama.{key}; it is no llama file."

let count key = int (unbox<uint64>(setting key))

let heads, keyHeads, width =
    count "attention.head_count", count "attention.head_count_kv", count "embedding_length"

/// Hugging Face's name of a tensor, and the heads whose rows the file has in pairs that rotate together.
let place (name: string) =
    match name.Split '.' with
    | [| "token_embd"; kind |] -> $"model.embed_tokens.{kind}", None
    | [| "output_norm"; kind |] -> $"model.norm.{kind}", None
    | [| "output"; kind |] -> $"lm_head.{kind}", None
    | [| "blk"; layer; part; kind |] ->
        let inside, paired =
            match part with
            | "attn_norm" -> "input_layernorm", None
            | "attn_q" -> "self_attn.q_proj", Some heads
            | "attn_k" -> "self_attn.k_proj", Some keyHeads
            | "attn_v" -> "self_attn.v_proj", None
            | "attn_output" -> "self_attn.o_proj", None
            | "ffn_norm" -> "post_attention_layernorm", None
            | "ffn_gate" -> "mlp.gate_proj", None
            | "ffn_up" -> "mlp.up_proj", None
            | "ffn_down" -> "mlp.down_proj", None
            | _ -> failwith $"{source} has the tensor {name}, which a plain llama has not."

        $"model.layers.{layer}.{inside}.{kind}", paired
    | _ -> failwith $"{source} has the tensor {name}, which a plain llama has not."

let tensor (name: string) =
    let title, paired = place name
    let values = file.Load name

    let rows =
        match paired with
        | Some heads -> values.view(int64 heads, -1L, 2L, values.shape[1]).transpose(1, 2).reshape values.shape
        | None -> values

    KeyValuePair(title, rows.``to`` dtype)

Directory.CreateDirectory folder |> ignore

AtomicFile.WriteText(
    Path.Combine(folder, "config.json"),
    JsonSerializer.Serialize(
        dict<string, obj>
            [
                "architectures", box [ "LlamaForCausalLM" ]
                "model_type", "llama"
                "hidden_act", "silu"
                "hidden_size", width
                "num_hidden_layers", count "block_count"
                "num_attention_heads", heads
                "num_key_value_heads", keyHeads
                "intermediate_size", count "feed_forward_length"
                "vocab_size", file.Tensors["token_embd.weight"].Shape[0]
                "max_position_embeddings", count "context_length"
                "rms_norm_eps", setting "attention.layer_norm_rms_epsilon"
                "rope_theta", setting "rope.freq_base"
                "tie_word_embeddings", not (file.Tensors.ContainsKey "output.weight")
                "torch_dtype", string dtype |> _.ToLowerInvariant()
            ],
        JsonSerializerOptions(WriteIndented = true)
    )
)

SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), Seq.map tensor file.Tensors.Keys)
