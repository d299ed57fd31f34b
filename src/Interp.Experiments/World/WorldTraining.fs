namespace Interp

open System
open System.Diagnostics
open System.IO
open Interp.Formats
open Interp.Hooks
open Interp.Models
open Interp.Pretraining
open Interp.Tokenization

/// How the language model of the embedded world is made. The defaults are those of the model that is shipped.
[<NoEquality; NoComparison>]
type internal WorldTrainingOptions =
    {
        /// Seed of the documents, the initial weights and the order of the contexts.
        Seed: int64
        /// Pieces of the tokenizer.
        VocabularySize: int
        /// Documents that the tokenizer learns from: the first ones of the training documents.
        TokenizerDocuments: int
        /// Tokens of a context.
        ContextLength: int
        /// Optimiser steps.
        Steps: int
        /// Documents that the loss is measured on.
        ValidationDocuments: int
        /// Documents that the probes are fitted to, and as many that they are measured on.
        ProbeDocuments: int
        /// Block after which the probes read the residual stream.
        ProbeLayer: int
        /// Steps between two points of the training curve, each of which is a checkpoint.
        Interval: int
        /// Folder of the checkpoint; a run that finds one of the same recipe goes on from it.
        WorkFolder: string
        /// Told what happens, a line at a time.
        Report: string -> unit
    }

    /// The recipe of the model that is shipped.
    static member Default =
        {
            Seed = 1L
            VocabularySize = 4096
            TokenizerDocuments = 8000
            ContextLength = 256
            Steps = 3500
            ValidationDocuments = 1500
            ProbeDocuments = 1000
            ProbeLayer = 2
            Interval = 100
            WorkFolder = Path.Combine(".interp", "world")
            Report = ignore
        }

/// Makes the tokenizer and the language model of the embedded world.
[<RequireQualifiedAccess>]
module internal WorldTraining =
    // Training documents are numbered from 0; these ranges are far from any number that training reaches.
    let private firstValidation = 1_000_000_000L
    let private firstProbeFit = 2_000_000_000L
    let private firstProbeTest = 3_000_000_000L

    let private tokens = SpecialTokens("<unk>", "<s>", "</s>")
    let private beginId = 1
    let private endId = 2

    /// The shape of the model: Phi-3 with 4 blocks.
    let private modelConfig (vocabularySize: int) (contextLength: int) =
        ModelConfig(
            Architecture = "Phi3ForCausalLM",
            LayerCount = 4,
            Width = 128,
            HeadCount = 4,
            KeyValueHeadCount = 4,
            HeadWidth = 32,
            MlpWidth = 448,
            VocabularySize = vocabularySize,
            ContextLength = contextLength,
            NormEpsilon = 1e-5,
            Rope = RopeConfig(10_000.0, 32, RopeScaling.None()),
            TiedHead = false,
            BosId = beginId,
            EosIds = [| endId |]
        )

    let private recipe (options: WorldTrainingOptions) (tokenizer: Tokenizer) =
        LanguageModelRecipe(
            Model = modelConfig tokenizer.VocabularySize options.ContextLength,
            Seed = options.Seed,
            Steps = options.Steps
        )

    let private trainTokenizer (options: WorldTrainingOptions) : string =
        let documents = WorldCorpus.documents options.Seed 0L options.TokenizerDocuments
        BpeTrainer.Train(documents |> Seq.map _.Text, options.VocabularySize)

    let private pack (options: WorldTrainingOptions) (documents: int[] seq) =
        PackedContexts.Pack(documents, options.ContextLength, beginId)

    /// Nats of the derivations per token, the token that begins a text counted with it.
    let private grammarBound (documents: Document[]) (encodings: Encoding[]) =
        (documents |> Array.sumBy _.Nats)
        / float (encodings |> Array.sumBy (fun encoding -> encoding.Ids.Length + 1))

    let private trainModel
        (options: WorldTrainingOptions)
        (trainer: LanguageModelTrainer)
        (validation: PackedContexts)
        =
        let checkpoint = Path.Combine(options.WorkFolder, "checkpoint.safetensors")

        if File.Exists checkpoint then
            trainer.Resume checkpoint
            options.Report $"goes on from step {trainer.Step}"

        let clock = Stopwatch.StartNew()
        let first = trainer.Step

        let report (point: CurvePoint) =
            let share = float (point.Step - first) / float point.Step
            let speed = share * float point.Tokens / clock.Elapsed.TotalSeconds

            options.Report(
                String.Format(
                    Globalization.CultureInfo.InvariantCulture,
                    "step {0} of {1}: train {2:F4}, validation {3:F4} nats per token, {4:F0} tokens/s",
                    point.Step,
                    options.Steps,
                    point.TrainLoss,
                    point.ValidationLoss,
                    speed
                )
            )

        trainer.Train(validation, options.Interval, checkpoint, report)

    let private labelled (options: WorldTrainingOptions) (tokenizer: Tokenizer) (first: int64) =
        let documents = WorldCorpus.documents options.Seed first options.ProbeDocuments

        Array.map2
            (fun document (encoding: Encoding) ->
                let offsets =
                    encoding.Offsets |> Array.map (fun struct (start, finish) -> start, finish)

                LabelledText(encoding.Ids, World.tokenLabels offsets document))
            documents
            (WorldCorpus.encode tokenizer documents)

    let private probe (options: WorldTrainingOptions) (tokenizer: Tokenizer) (model: LanguageModel) =
        let results =
            ConceptProbes.Run(
                model,
                HookPoint.ResidPost options.ProbeLayer,
                labelled options tokenizer firstProbeFit,
                labelled options tokenizer firstProbeTest
            )

        List.zip World.concepts (List.ofSeq results)

    /// Trains tokenizer, model, 5-gram and probes, and writes the model as a Hugging Face folder with
    /// `training-curve.csv`, `probes.csv` and `README.md`.
    let run (folder: string) (options: WorldTrainingOptions) : WorldTrainingResult =
        let definition = trainTokenizer options
        let tokenizerFile = Path.Combine(options.WorkFolder, "tokenizer.json")
        AtomicFile.WriteText(tokenizerFile, definition)
        let tokenizer = Tokenizer.Load tokenizerFile
        let recipe = recipe options tokenizer
        options.Report $"tokenizer of {tokenizer.VocabularySize} pieces"

        let documents =
            WorldCorpus.documents options.Seed firstValidation options.ValidationDocuments

        let encodings = WorldCorpus.encode tokenizer documents
        let validation = encodings |> Seq.map _.Ids |> pack options

        let needed =
            int64 options.Steps * int64 recipe.ContextsPerStep * int64 options.ContextLength

        let training = WorldCorpus.tokens tokenizer options.Seed 0L needed |> pack options

        options.Report
            $"{training.Count} contexts of {training.Length} tokens to train on, {validation.Count} to measure on"

        let ngramLoss =
            NgramModel.Train(training, tokenizer.VocabularySize).Evaluate validation

        use trainer = new LanguageModelTrainer(recipe, training)
        trainModel options trainer validation
        HuggingFaceFolder.Write(folder, recipe.Model, trainer.Parameters, definition, tokens)

        use model = LanguageModel.Load(folder, TorchSharp.torch.CPU)
        options.Report "probes"

        let result =
            {
                Curve = List.ofSeq trainer.Curve
                ParameterCount = recipe.Model.ParameterCount
                ValidationLoss = LanguageModelTrainer.Evaluate(model, validation)
                NgramLoss = ngramLoss
                GrammarBound = grammarBound documents encodings
                ValidationTokens = validation.PredictedCount
                Probes = probe options tokenizer model
            }

        WorldTrainingReport.write folder options.ProbeLayer result
        options.Report(WorldTrainingReport.summary result)
        result
