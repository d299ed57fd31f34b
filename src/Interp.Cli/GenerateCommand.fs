/// `interp generate`: continues a prompt.
module Interp.Cli.GenerateCommand

open System
open System.Diagnostics
open System.Globalization
open Argu
open Interp
open Interp.Cli.Arguments
open Interp.Cli.Json
open Interp.Models
open Interp.Runtime
open Interp.Tokenization
open Interp.Tokenization.Chat

type GenerateOptions =
    | [<Mandatory>] Model of path: string
    | [<Mandatory>] Prompt of text: string
    | Chat
    | Max_Tokens of count: string
    | Temperature of number: string
    | Top_K of count: string
    | Top_P of share: string
    | Seed of number: string
    | Device of name: string
    | Precision of name: string
    | No_Cache
    | Json

    interface IArgParserTemplate with
        member option.Usage =
            match option with
            | Model _ ->
                "Hugging Face folder, .gguf file or org/name of a downloaded model, with its tokenizer; world is the embedded one."
            | Prompt _ -> "text to continue; the tokenizer adds its special tokens."
            | Chat ->
                "the prompt is what a user says: the model's chat template writes it, and the text is the assistant's answer."
            | Max_Tokens _ -> "tokens to add at most (default 64)."
            | Temperature _ ->
                "divisor of the logits; 0 takes the most likely token. 0 unless an option of the draws is given, else 1."
            | Top_K _ -> "draw from so many of the most likely tokens."
            | Top_P _ -> "draw from the most likely tokens with this share of the probability (default 1)."
            | Seed _ -> "seed of the draws (default 0)."
            | Device _ -> "cpu (default) or cuda."
            | Precision _ -> "float32 (default), float64 or bfloat16."
            | No_Cache -> "compute every position anew for every token; slower, the same text."
            | Json -> "print one JSON object with text, ids and log-probabilities."

let private examples =
    [
        "generate --model model.gguf --prompt \"The capital of France is\""
        "generate --model model.gguf --prompt \"What is the capital of France?\" --chat"
        "generate --model models/phi3 --prompt \"Once\" --temperature 0.8 --top-p 0.95 --seed 7 --json"
    ]

let private samplingOf (options: ParseResults<GenerateOptions>) =
    let ofDraws =
        [
            if options.Contains Top_K then
                "--top-k"
            if options.Contains Top_P then
                "--top-p"
            if options.Contains Seed then
                "--seed"
        ]

    let temperature =
        options.GetResult(Temperature, (if ofDraws.IsEmpty then "0" else "1")) |> number "--temperature"

    if temperature = 0.0 && not ofDraws.IsEmpty then
        raise (
            InterpException
                $"--temperature 0 always takes the most likely token, which leaves {List.head ofDraws} without effect; leave one of them out."
        )

    Sampling(
        Temperature = temperature,
        TopK = (options.TryGetResult Top_K |> Option.map (wholeNumber "--top-k" 1) |> Option.toNullable),
        TopP = number "--top-p" (options.GetResult(Top_P, "1")),
        Seed = int64 (wholeNumber "--seed" 0 (options.GetResult(Seed, "0")))
    )

/// Writes what the text gains, once its last character is whole.
let private follow (tokenizer: Tokenizer) (prompt: int list) (tokens: GeneratedToken seq) =
    let text = GrowingText(tokenizer, prompt)

    for token in tokens do
        Console.Out.Write(text.Add token.Id)
        Console.Out.Flush()

    Console.Out.WriteLine()

let private print (tokenizer: Tokenizer) (prompt: int list) (tokens: GeneratedToken list) =
    let decode ids =
        tokenizer.Decode(List.toArray ids, true)

    let added = tokens |> List.map _.Id

    let integers ids =
        ids |> List.map (int64 >> Integer) |> Items

    Fields
        [
            "text", Text((decode (prompt @ added)).Substring((decode prompt).Length))
            "ids", integers added
            "log_probabilities", Items(tokens |> List.map (fun token -> Number token.LogProbability))
            "prompt_ids", integers prompt
        ]
    |> render
    |> printfn "%s"

/// The tokens, and what tells on the error stream how long the prompt and each further token took.
let private timed (tokens: GeneratedToken seq) =
    let clock = Stopwatch.StartNew()
    let arrivals = ResizeArray<float>()

    let watched =
        tokens
        |> Seq.map (fun token ->
            arrivals.Add clock.Elapsed.TotalMilliseconds
            token)

    let report () =
        if arrivals.Count > 1 then
            let first, last = arrivals[0], arrivals[arrivals.Count - 1]

            let each =
                ((last - first) / float (arrivals.Count - 1)).ToString("F1", CultureInfo.InvariantCulture)

            eprintfn $"{arrivals.Count} tokens: {first:F0} ms to the first, {each} ms for each one more"

    watched, report

/// The ids to continue; a template writes special tokens itself.
let private promptOf (tokenizer: Tokenizer) path (options: ParseResults<GenerateOptions>) =
    let text = options.GetResult Prompt

    let encoding =
        if options.Contains Chat then
            tokenizer.Encode(ChatTemplate.Load(path).Render([| ChatMessage("user", text) |], true), false)
        else
            tokenizer.Encode(text, true)

    List.ofSeq encoding.Ids

let private generate arguments =
    let options = parse<GenerateOptions> "generate" examples arguments

    let path =
        match options.GetResult Model with
        | "world" -> Inputs.WorldFolder
        | path -> path

    let generation =
        GenerationOptions(
            MaxTokens = wholeNumber "--max-tokens" 0 (options.GetResult(Max_Tokens, "64")),
            Sampling = samplingOf options,
            Cached = not (options.Contains No_Cache)
        )

    let device = Devices.Parse(options.GetResult(Device, "cpu"))

    use model =
        LanguageModel.Load(path, device, Devices.ParsePrecision(options.GetResult(Precision, "float32")))

    let tokenizer = Tokenizer.Load path
    let prompt = promptOf tokenizer path options

    let tokens, report =
        timed (Generation.Stream(model, List.toArray prompt, generation))

    if options.Contains Json then
        print tokenizer prompt (List.ofSeq tokens)
    else
        follow tokenizer prompt tokens

    report ()
    0

let command =
    {
        Name = "generate"
        Summary = "continues a prompt"
        Examples = examples
        Run = generate
    }
