/// `interp generate`: what it prints is what the model says.
module Interp.Tests.GenerateTests

open System
open System.IO
open System.Text.Json
open TorchSharp
open Xunit
open Interp.Models
open Interp.Tokenization
open Interp.Tests.CommandLine

let private world = Path.Combine(repository, "assets", "world")
let private prompt = "The"

let private succeed arguments =
    use folder = new TemporaryFolder()
    let outcome = run folder.Path ([ "generate"; "--prompt"; prompt ] @ arguments)
    Assert.True((outcome.Code = 0), outcome.Errors)
    Assert.Matches(@"\A(\d+ tokens: \d+ ms to the first, \d+\.\d ms for each one more\r?\n)?\z", outcome.Errors)
    outcome.Output

let private idsOf (json: JsonElement) (name: string) =
    [ for id in json.GetProperty(name).EnumerateArray() -> id.GetInt32() ]

let private batch (ids: int list) =
    torch.tensor(ids |> List.map int64 |> Array.ofList, device = torch.CPU).reshape(1L, -1L)

/// The most likely tokens by whole passes.
let private greedy (model: LanguageModel) prompt count =
    use _ = torch.no_grad ()

    (prompt, [ 1..count ])
    ||> List.scan (fun ids _ ->
        use _ = torch.NewDisposeScope()
        let last = model.Logits(batch ids).select(1L, int64 ids.Length - 1L).reshape(-1L)
        ids @ [ int (last.argmax().ToInt64()) ])
    |> List.last
    |> List.skip prompt.Length

[<Fact>]
let ``greedy text and ids are the model's own`` () =
    use model = LanguageModel.Load(world, torch.CPU)
    let tokenizer = Tokenizer.Load world
    let promptIds = List.ofSeq (tokenizer.Encode(prompt, true).Ids)
    let expected = greedy model promptIds 24

    let decode ids =
        tokenizer.Decode(Array.ofList ids, true)

    let text = (decode (promptIds @ expected)).Substring (decode promptIds).Length

    use json =
        JsonDocument.Parse(succeed [ "--model"; "world"; "--max-tokens"; "24"; "--json" ])

    let root = json.RootElement

    Assert.Equal<string list>(
        [ "text"; "ids"; "log_probabilities"; "prompt_ids" ],
        [ for field in root.EnumerateObject() -> field.Name ]
    )

    Assert.Equal<int list>(promptIds, idsOf root "prompt_ids")
    Assert.Equal<int list>(expected, idsOf root "ids")
    Assert.Equal(text, root.GetProperty("text").GetString())

    use _ = torch.NewDisposeScope()
    let distribution = model.Logits(batch (promptIds @ expected)).[0L].log_softmax -1L

    for i, number in root.GetProperty("log_probabilities").EnumerateArray() |> Seq.indexed do
        let position = promptIds.Length + i - 1
        let own = distribution[int64 position, int64 expected[i]].ToDouble()
        Assert.Equal(own, number.GetDouble(), 1e-4)

    Assert.Equal(text + "\n", succeed [ "--model"; world; "--max-tokens"; "24" ])

[<Fact>]
let ``an option of the draws means draws at temperature 1`` () =
    let ids arguments =
        use json =
            JsonDocument.Parse(succeed ([ "--model"; "world"; "--max-tokens"; "12"; "--json" ] @ arguments))

        idsOf json.RootElement "ids"

    let drawn = ids [ "--seed"; "3" ]
    Assert.Equal<int list>(drawn, ids [ "--seed"; "3"; "--temperature"; "1" ])
    Assert.NotEqual<int list>(drawn, ids [])
    Assert.NotEqual<int list>(drawn, ids [ "--seed"; "4" ])
    Assert.Equal<int list>(ids [], ids [ "--top-k"; "1" ])
    Assert.Equal<int list>(ids [], ids [ "--temperature"; "0" ])

[<Fact>]
let ``a conversation's prompt is written by the model's template`` () =
    use folder = new TemporaryFolder()

    for file in Directory.GetFiles world do
        File.Copy(file, folder.Child(FileInfo(file).Name))

    let arguments = [ "--model"; folder.Path; "--max-tokens"; "5"; "--json"; "--chat" ]

    let promptIds () =
        use json = JsonDocument.Parse(succeed arguments)
        idsOf json.RootElement "prompt_ids"

    let refused = run folder.Path ([ "generate"; "--prompt"; prompt ] @ arguments)
    Assert.Equal((2, ""), (refused.Code, refused.Output))
    Assert.Contains("has no chat template", refused.Errors)

    File.WriteAllText(
        folder.Child "chat_template.jinja",
        "{{ bos_token }}{% for m in messages %}{{ m.role }} says {{ m.content }}.{% endfor %}{% if add_generation_prompt %} It{% endif %}"
    )

    let tokenizer = Tokenizer.Load world
    let written = tokenizer.Encode($"user says {prompt}. It", false).Ids
    Assert.Equal<int list>(tokenizer.BosId.Value :: List.ofSeq written, promptIds ())

[<Theory>]
[<InlineData("--temperature 0 --top-k 5", "leaves --top-k without effect")>]
[<InlineData("--temperature 0 --seed 5", "leaves --seed without effect")>]
[<InlineData("--top-p 0", "a share of 0")>]
[<InlineData("--temperature -1", "temperature is -1")>]
[<InlineData("--max-tokens many", "--max-tokens is 'many'")>]
let ``options that contradict each other are one sentence`` (options: string, hint: string) =
    use folder = new TemporaryFolder()

    let outcome =
        run folder.Path ([ "generate"; "--model"; "world"; "--prompt"; prompt ] @ List.ofArray (options.Split ' '))

    Assert.Equal((2, ""), (outcome.Code, outcome.Output))
    Assert.Contains(hint, outcome.Errors)

[<Fact>]
let ``the text appears while it is made`` () =
    use folder = new TemporaryFolder()

    use child =
        start
            folder.Path
            [
                "generate"
                "--model"
                "world"
                "--prompt"
                prompt
                "--max-tokens"
                "200"
                "--no-cache"
            ]

    let first = child.StandardOutput.Read()
    let before = child.HasExited
    let rest = child.StandardOutput.ReadToEnd()
    child.WaitForExit()
    Assert.Equal((0, false), (child.ExitCode, before))
    Assert.True(first >= 0 && rest.Length > 100)
