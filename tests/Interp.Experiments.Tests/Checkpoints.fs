/// Random checkpoints of the shapes that the configs expect, small enough for a test.
module Interp.Tests.Checkpoints

open System.Collections.Generic
open System.IO
open Interp.Formats
open TorchSharp

let private layers, width, heads, keyValueHeads, mlp = 18, 64, 4, 2, 128

let private vocabulary = 3671

let private random (generator: torch.Generator) (shape: int list) =
    torch.randn (shape |> List.map int64 |> Array.ofList, generator = generator, device = torch.CPU)
    * torch.tensor (0.05f, device = torch.CPU)

let private write (folder: string) (config: string) (block: int -> (string * int list) list) =
    Directory.CreateDirectory folder |> ignore
    use _ = torch.NewDisposeScope()
    let generator = (new torch.Generator(7UL, torch.CPU))

    let weight (name: string) shape =
        KeyValuePair(
            name,
            if name.Contains "norm" then
                torch.ones ([| int64 (List.head shape) |], device = torch.CPU)
            else
                random generator shape
        )

    let tensors =
        [
            weight "model.embed_tokens.weight" [ vocabulary; width ]
            for layer in 0 .. layers - 1 do
                for name, shape in block layer do
                    weight $"model.layers.{layer}.{name}" shape
            weight "model.norm.weight" [ width ]
            weight "lm_head.weight" [ vocabulary; width ]
        ]

    SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), tensors)
    File.WriteAllText(Path.Combine(folder, "config.json"), config)

    for file in [ "tokenizer.json"; "tokenizer_config.json" ] do
        File.Copy(Path.Combine(CommandLine.repository, "assets", "world", file), Path.Combine(folder, file))

let private common =
    $"""
  "hidden_size": {width}, "num_hidden_layers": {layers}, "num_attention_heads": {heads},
  "num_key_value_heads": {keyValueHeads}, "intermediate_size": {mlp}, "vocab_size": {vocabulary},
  "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "hidden_act": "silu",
  "tie_word_embeddings": false, "torch_dtype": "float32", "bos_token_id": 1, "eos_token_id": 2"""

let private key = width / heads * keyValueHeads

let phi folder =
    write folder ("{ \"architectures\": [\"Phi3ForCausalLM\"], \"model_type\": \"phi3\"," + common + " }") (fun _ ->
        [
            "input_layernorm.weight", [ width ]
            "self_attn.qkv_proj.weight", [ width + 2 * key; width ]
            "self_attn.o_proj.weight", [ width; width ]
            "post_attention_layernorm.weight", [ width ]
            "mlp.gate_up_proj.weight", [ 2 * mlp; width ]
            "mlp.down_proj.weight", [ width; mlp ]
        ])

let mistral folder =
    write
        folder
        ("{ \"architectures\": [\"MistralForCausalLM\"], \"model_type\": \"mistral\"," + common + " }")
        (fun _ ->
            [
                "input_layernorm.weight", [ width ]
                "self_attn.q_proj.weight", [ width; width ]
                "self_attn.k_proj.weight", [ key; width ]
                "self_attn.v_proj.weight", [ key; width ]
                "self_attn.o_proj.weight", [ width; width ]
                "post_attention_layernorm.weight", [ width ]
                "mlp.gate_proj.weight", [ mlp; width ]
                "mlp.up_proj.weight", [ mlp; width ]
                "mlp.down_proj.weight", [ width; mlp ]
            ])

/// Documents of the embedded world as a .jsonl file.
let corpus (path: string) documents =
    File.WriteAllLines(
        path,
        Seq.init documents (fun i ->
            System.Text.Json.JsonSerializer.Serialize
                {|
                    text = (Interp.World.document 5L (int64 i)).Text
                |})
    )
