namespace Interp

open System
open System.Globalization
open System.IO
open Interp.Formats
open Interp.Models
open Interp.Tokenization
open Interp.Pretraining

/// How the language model of the embedded world is made. The defaults are those of the model that is shipped.
[<NoEquality; NoComparison>]
type WorldTrainingOptions =
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
        /// Steps between two points of the training curve, each of which is a checkpoint.
        Interval: int
        /// Told what happens, a line at a time.
        Report: string -> unit
    }

    /// The recipe of the model that is shipped.
    static member Default =
        {
            Seed = 1L
            VocabularySize = 1536
            TokenizerDocuments = 8000
            ContextLength = 256
            Steps = 3500
            ValidationDocuments = 1500
            ProbeDocuments = 1000
            Interval = 100
            Report = ignore
        }

/// Makes the tokenizer and the language model of the embedded world.
[<RequireQualifiedAccess>]
module WorldTraining =
    /// Training documents are numbered from 0; these are far from any that training reaches.
    let private firstValidation = 1_000_000_000L

    /// The shape of the model: Phi-3 with 4 blocks.
    let modelConfig (vocabularySize: int) (contextLength: int) (beginId: int) (endId: int) =
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
            EosId = endId
        )

    /// The recipe that the options stand for.
    let recipe (options: WorldTrainingOptions) (tokenizer: Tokenizer) =
        LanguageModelRecipe(
            Model = modelConfig tokenizer.VocabularySize options.ContextLength 1 2,
            Seed = options.Seed,
            Steps = options.Steps
        )

    /// Trains the tokenizer and returns its definition.
    let tokenizerJson (options: WorldTrainingOptions) : string =
        let documents = WorldCorpus.documents options.Seed 0L options.TokenizerDocuments
        BpeTrainer.Train(documents |> Seq.map _.Text, options.VocabularySize)

    /// Validation documents with their encodings.
    let validation (options: WorldTrainingOptions) (tokenizer: Tokenizer) =
        let documents =
            WorldCorpus.documents options.Seed firstValidation options.ValidationDocuments

        documents, WorldCorpus.encode tokenizer documents

    let train (work: string) (options: WorldTrainingOptions) =
        let say format = Printf.ksprintf options.Report format
        let definition = Path.Combine(work, "tokenizer.json")

        if not (File.Exists definition) then
            AtomicFile.WriteText(definition, tokenizerJson options)

        say "tokenizer ready"
        let tokenizer = Tokenizer.Load definition
        let recipe = recipe options tokenizer
        let documents, encodings = validation options tokenizer

        let validation =
            PackedContexts.Pack(encodings |> Seq.map _.Ids, options.ContextLength, 1)

        let bound =
            (documents |> Array.sumBy _.Nats) / float (encodings |> Array.sumBy (fun e -> e.Ids.Length + 1))

        say
            "validation tokens %d, bound %.4f nats per token, %.3f characters per token"
            validation.PredictedCount
            bound
            (float (documents |> Array.sumBy _.Text.Length) / float (encodings |> Array.sumBy _.Ids.Length))

        let count =
            int64 options.Steps * int64 recipe.ContextsPerStep * int64 options.ContextLength

        let training =
            PackedContexts.Pack(WorldCorpus.tokens tokenizer options.Seed 0L count, options.ContextLength, 1)

        say "training contexts %d" training.Count
        use trainer = new LanguageModelTrainer(recipe, training)
        let checkpoint = Path.Combine(work, "checkpoint.safetensors")

        if File.Exists checkpoint then
            trainer.Resume checkpoint

        let clock = Diagnostics.Stopwatch.StartNew()
        let first = trainer.Step

        trainer.Train(
            validation,
            options.Interval,
            checkpoint,
            fun point ->
                let perStep = float (recipe.ContextsPerStep * (options.ContextLength - 1))
                let speed = float (point.Step - first) * perStep / clock.Elapsed.TotalSeconds

                say
                    "step %d of %d: train %.4f, validation %.4f, %.0f tokens/s"
                    point.Step
                    options.Steps
                    point.TrainLoss
                    point.ValidationLoss
                    speed
        )
