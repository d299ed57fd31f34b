namespace Interp

/// Which text is read, and how it becomes documents.
[<RequireQualifiedAccess>]
module Corpus =
    /// Any source, with so many tokens to train on.
    let from source trainTokens =
        { CorpusSpec.Default with
            Source = source
            TrainTokens = trainTokens
        }

    /// Documents of the embedded world.
    let world trainTokens = from WorldText trainTokens

    /// A .txt, .jsonl, .csv, .tsv (each also .gz) or .parquet file, or a folder of them; `--corpus PATH` names another one.
    let file path trainTokens = from (TextFile path) trainTokens

    /// What is piped in, as `--corpus -` takes it.
    let standardInput trainTokens = from (StandardInput "") trainTokens

    /// Several sources, by their shares of the tokens: `Corpus.mix [ 0.7, TextFile "pile.jsonl"; 0.3, WorldText ] 400_000`.
    let mix parts trainTokens = from (Mixed parts) trainTokens

    /// Held-out tokens on which the reconstruction is measured.
    let validation tokens (corpus: CorpusSpec) =
        { corpus with
            ValidationTokens = tokens
        }

    /// Documents that repeat an earlier one are left out.
    let distinct (corpus: CorpusSpec) = { corpus with Distinct = true }

    /// The documents come in an order that follows from this seed.
    let order seed (corpus: CorpusSpec) = { corpus with Order = Some seed }

    /// Conversations in a field that lists their turns are written by the model's chat template.
    let chat field (corpus: CorpusSpec) =
        { corpus with
            Chat = Some(MessageList field)
        }

    /// The same for conversations of one question and one answer in two fields.
    let promptAndResponse prompt response (corpus: CorpusSpec) =
        { corpus with
            Chat = Some(PromptAndResponse(prompt, response))
        }

/// Activations that are there already: of `interp extract` or `interp activations import`. They stand where a corpus does,
/// for the hook that the experiment names; the last of them are held out.
[<AbstractClass; Sealed>]
type Activations private () =
    /// Several, each with how often a pass of training reads a token of it; held-out tokens are those of the first.
    static member mixed(stores: (string * float) list) =
        { CorpusSpec.Default with
            Source = StoredActivations stores
            TrainTokens = System.Int32.MaxValue
        }

    /// All of a name.
    static member stored(name: string) = Activations.mixed [ name, 1.0 ]
