namespace Interp

open System
open System.Globalization
open Interp.Runtime

/// One field of a spec by its path. Files, digests, `--set` and diffs all go through this list.
[<NoEquality; NoComparison>]
type internal SpecField =
    {
        Path: string
        Expected: string
        Get: Spec -> Canon
        /// None when the value is not of the field's kind.
        Set: Canon -> Spec -> Spec option
        /// The same for what was typed on the command line.
        SetText: string -> Spec -> Spec option
        /// Whether it is left out of keys and files while it has its default: fields that came later change no key from before.
        Silent: bool
        /// JSON Schema of its value.
        Schema: Canon
        /// Words among its values.
        Words: string list
    }

[<RequireQualifiedAccess>]
module internal SpecFields =
    let private field path (codec: Codec<'T>) (get: Spec -> 'T) (set: 'T -> Spec -> Spec) =
        {
            Path = path
            Expected = codec.Expected
            Get = get >> codec.Write
            Set = fun value spec -> codec.Read value |> Option.map (fun value -> set value spec)
            SetText = fun text spec -> codec.Parse text |> Option.map (fun value -> set value spec)
            Silent = false
            Schema = codec.Schema
            Words = codec.Words
        }

    /// A field that came after keys were first made: it is left out of them while it has its default.
    let private later path codec get set =
        { field path codec get set with
            Silent = true
        }

    /// Every field. A new one is a line here and in its record.
    let all =
        [
            field "model" ChoiceCodec.model _.Model (fun v s -> { s with Model = v })
            field "corpus.source" CorpusCodec.source _.Corpus.Source (fun v s -> { s with Corpus.Source = v })
            field "corpus.textField" Codec.string _.Corpus.TextField (fun v s -> { s with Corpus.TextField = v })
            later "corpus.chat" (Codec.optional CorpusCodec.chat) _.Corpus.Chat (fun v s -> { s with Corpus.Chat = v })
            later "corpus.distinct" Codec.bool _.Corpus.Distinct (fun v s -> { s with Corpus.Distinct = v })
            later "corpus.order" (Codec.optional Codec.int) _.Corpus.Order (fun v s -> { s with Corpus.Order = v })
            field "corpus.trainTokens" Codec.int _.Corpus.TrainTokens (fun v s -> { s with Corpus.TrainTokens = v })
            field "corpus.validationTokens" Codec.int _.Corpus.ValidationTokens (fun v s ->
                { s with Corpus.ValidationTokens = v })
            field "extract.hook" Codec.hook _.Extract.Hook (fun v s -> { s with Extract.Hook = v })
            later "extract.target" (Codec.optional Codec.hook) _.Extract.Target (fun v s ->
                { s with Extract.Target = v })
            field "extract.contextLength" Codec.int _.Extract.ContextLength (fun v s ->
                { s with Extract.ContextLength = v })
            field "extract.bos" CorpusCodec.bos _.Extract.Bos (fun v s -> { s with Extract.Bos = v })
            later "extract.packing" CorpusCodec.packing _.Extract.Packing (fun v s -> { s with Extract.Packing = v })
            field "extract.skipPositions" Codec.int _.Extract.SkipPositions (fun v s ->
                { s with Extract.SkipPositions = v })
            field "extract.skipNorm" (Codec.optional Codec.float) _.Extract.SkipNorm (fun v s ->
                { s with Extract.SkipNorm = v })
            field "extract.batchContexts" Codec.int _.Extract.BatchContexts (fun v s ->
                { s with Extract.BatchContexts = v })
            field "sae.kind" RecipeCodec.saeKind _.Sae.Kind (fun v s -> { s with Sae.Kind = v })
            field "sae.k" Codec.int _.Sae.K (fun v s -> { s with Sae.K = v })
            field "sae.size" RecipeCodec.dictionarySize _.Sae.Size (fun v s -> { s with Sae.Size = v })
            field "sae.normalise" ChoiceCodec.normalisation _.Sae.Normalise (fun v s -> { s with Sae.Normalise = v })
            field "sae.preBias" ChoiceCodec.preBias _.Sae.PreBias (fun v s -> { s with Sae.PreBias = v })
            field "sae.start" ChoiceCodec.start _.Sae.Start (fun v s -> { s with Sae.Start = v })
            field "sae.tiedDecoder" Codec.bool _.Sae.TiedDecoder (fun v s -> { s with Sae.TiedDecoder = v })
            field "sae.decoderRule" ChoiceCodec.decoderRule _.Sae.DecoderRule (fun v s ->
                { s with Sae.DecoderRule = v })
            field "train.batch" Codec.int _.Train.Batch (fun v s -> { s with Train.Batch = v })
            field "train.passes" Codec.int _.Train.Passes (fun v s -> { s with Train.Passes = v })
            field "train.learningRate" RecipeCodec.learningRate _.Train.LearningRate (fun v s ->
                { s with Train.LearningRate = v })
            field "train.warmUp" Codec.float _.Train.WarmUp (fun v s -> { s with Train.WarmUp = v })
            field "train.decay" Codec.float _.Train.Decay (fun v s -> { s with Train.Decay = v })
            field "train.clip" (Codec.optional Codec.float) _.Train.Clip (fun v s -> { s with Train.Clip = v })
            field "train.kSchedule" RecipeCodec.kSchedule _.Train.KSchedule (fun v s -> { s with Train.KSchedule = v })
            field "train.aux" (Codec.optional RecipeCodec.aux) _.Train.Aux (fun v s -> { s with Train.Aux = v })
            field "train.sparsity" Codec.float _.Train.Sparsity (fun v s -> { s with Train.Sparsity = v })
            field "train.sparsityWarmUp" Codec.float _.Train.SparsityWarmUp (fun v s ->
                { s with Train.SparsityWarmUp = v })
            field "train.preActivation" Codec.float _.Train.PreActivation (fun v s ->
                { s with Train.PreActivation = v })
            field "train.resample" (Codec.optional Codec.int) _.Train.Resample (fun v s ->
                { s with Train.Resample = v })
            later "train.optimiser" ChoiceCodec.optimiser _.Train.Optimiser (fun v s -> { s with Train.Optimiser = v })
            later "train.weightDecay" Codec.float _.Train.WeightDecay (fun v s -> { s with Train.WeightDecay = v })
            later "train.shuffle" (Codec.optional Codec.int) _.Train.Shuffle (fun v s -> { s with Train.Shuffle = v })
            field "train.deadWindow" Codec.int _.Train.DeadWindow (fun v s -> { s with Train.DeadWindow = v })
            later "train.lossSpace" ChoiceCodec.lossSpace _.Train.LossSpace (fun v s -> { s with Train.LossSpace = v })
            later "train.lossScale" (Codec.optional Codec.float) _.Train.LossScale (fun v s ->
                { s with Train.LossScale = v })
            later "train.auxForm" ChoiceCodec.auxForm _.Train.AuxForm (fun v s -> { s with Train.AuxForm = v })
            later "train.encoderPenalty" Codec.float _.Train.EncoderPenalty (fun v s ->
                { s with Train.EncoderPenalty = v })
            later "train.decayShape" ChoiceCodec.decayShape _.Train.DecayShape (fun v s ->
                { s with Train.DecayShape = v })
            later "train.decayTo" Codec.float _.Train.DecayTo (fun v s -> { s with Train.DecayTo = v })
            field "train.validationPoints" Codec.int _.Train.ValidationPoints (fun v s ->
                { s with Train.ValidationPoints = v })
            field "train.curveTokens" Codec.int _.Train.CurveTokens (fun v s -> { s with Train.CurveTokens = v })
            field "evaluate.deadTokens" Codec.int _.Evaluate.DeadTokens (fun v s -> { s with Evaluate.DeadTokens = v })
            field "evaluate.lossTokens" Codec.int _.Evaluate.LossTokens (fun v s -> { s with Evaluate.LossTokens = v })
            field "seed" Codec.int _.Seed (fun v s -> { s with Seed = v })
            field "device" ChoiceCodec.device _.Device (fun v s -> { s with Device = v })
            field "precision" ChoiceCodec.precision _.Precision (fun v s -> { s with Precision = v })
            field "kernel" ChoiceCodec.kernel _.Kernel (fun v s -> { s with Kernel = v })
        ]

    /// The paths that a misspelt one may have meant, nearest first: those that end in it, else those a few letters away.
    let private near (path: string) =
        let paths = all |> List.map _.Path

        let last (path: string) =
            path.Substring(path.LastIndexOf '.' + 1)

        match paths |> List.filter (fun known -> last known = last path) with
        | [] -> NearestName.All(path, paths) |> Seq.truncate 3 |> List.ofSeq
        | same -> same

    /// The field of a path; an unknown one is an error that names near ones.
    let find path =
        match all |> List.tryFind (fun field -> field.Path = path), near path with
        | Some field, _ -> Ok field
        | None, [] -> Error $"There is no setting '{path}'; see docs/experiments.md for all of them."
        | None, nearest :: others ->
            let others =
                if others.IsEmpty then
                    ""
                else
                    let others = String.concat ", " others
                    $" Also near: {others}."

            Error $"There is no setting '{path}'; did you mean {nearest}?{others}"

    let private refused field (text: string) =
        let head (word: string) = word.Split(':')[0]

        // What was meant as a number is no misspelt word, also where it is none, such as NaN.
        let isNumber =
            fst (Double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture))

        let hint =
            match NearestName.Of(head text, field.Words |> List.map head) with
            | null -> ""
            | _ when isNumber -> ""
            | near -> $" (did you mean {field.Words |> List.find (fun word -> head word = near)}?)"

        $"{field.Path} is '{text}'; give {field.Expected}{hint}."

    /// Sets a field to what was typed.
    let setText path (text: string) spec =
        find path
        |> Result.bind (fun field ->
            match field.SetText text spec with
            | Some spec -> Ok spec
            | None -> Error(refused field text))

    /// A field of a spec as it is typed on the command line.
    let typed path (spec: Spec) =
        match find path |> Result.map (fun field -> field.Get spec) with
        | Ok value -> CorpusCodec.typed value
        | Error error -> raise (InterpException error)

    let private written fields spec =
        fields
        |> List.map (fun field -> field, field.Get spec)
        |> List.filter (fun (field, value) -> not field.Silent || value <> field.Get Spec.Default)
        |> List.map (fun (field, value) -> field.Path, value)

    /// The spec as a value that digests and files read.
    let toCanon spec = Canon.Fields(written all spec)

    /// Some fields of a spec, by their paths.
    let pick paths spec =
        written (all |> List.filter (fun field -> List.contains field.Path paths)) spec

    /// Reads a spec; fields that are absent keep their default, unknown ones and wrong values are errors, all at once.
    let ofCanon value =
        match value with
        | Canon.Fields fields ->
            let read (spec, errors) (path, value) =
                match find path with
                | Error error -> spec, error :: errors
                | Ok field ->
                    match field.Set value spec with
                    | Some spec -> spec, errors
                    | None ->
                        let text =
                            match value with
                            | Canon.Text text -> text
                            | value -> Canonical.encode value

                        spec, refused field text :: errors

            match List.fold read (Spec.Default, []) fields with
            | spec, [] -> Ok spec
            | _, errors -> Error(List.rev errors)
        | _ -> Error [ "A spec is an object of settings." ]

    /// The settings in which two specs differ.
    let diff left right =
        all
        |> List.choose (fun field ->
            match field.Get left, field.Get right with
            | a, b when a = b -> None
            | a, b -> Some(field.Path, a, b))
