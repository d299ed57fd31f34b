namespace Interp

open Interp.Activations

/// Which language model is read.
type ModelSource =
    /// The model that comes with the repository.
    | WorldModel
    /// A Hugging Face folder, a .gguf file, or org/name of a model that was downloaded.
    | ModelPath of string

/// Which text is read.
type TextSource =
    /// Documents of the embedded world.
    | WorldText
    /// A .txt, .jsonl, .csv, .tsv (each also .gz) or .parquet file, or a folder of them.
    | TextFile of path: string
    /// What is piped in; its kind by an ending such as .csv, or by its first bytes when that is empty.
    | StandardInput of ending: string
    /// Sources by their weights, which are shares of tokens.
    | Mixed of (float * TextSource) list
    /// Activations that are there already, by name, each with how often a pass of training reads a token of it.
    | StoredActivations of (string * float) list

/// Which fields of a record hold a conversation.
type ChatSource =
    /// A list of turns with role and content.
    | MessageList of field: string
    /// What the user says, and what the assistant answers.
    | PromptAndResponse of prompt: string * response: string

/// The text and how many tokens of it count.
type CorpusSpec =
    {
        /// Where the text is from.
        Source: TextSource
        /// The field of a record that holds the text.
        TextField: string
        /// The fields that hold conversations, which the model's chat template writes; records without them are taken by their text.
        Chat: ChatSource option
        /// Whether documents that repeat an earlier one are left out.
        Distinct: bool
        /// Seed of the documents' order; that of the source when absent.
        Order: int option
        /// Tokens to train on, after skipping.
        TrainTokens: int
        /// Held-out tokens on which the reconstruction is measured.
        ValidationTokens: int
    }

    /// What is not said otherwise.
    static member Default =
        {
            Source = WorldText
            TextField = "text"
            Chat = None
            Distinct = false
            Order = None
            TrainTokens = 200_000
            ValidationTokens = 50_000
        }

/// How activations are extracted, and which tokens are left out.
type ExtractSpec =
    {
        /// TransformerLens name of the hook point.
        Hook: string
        /// The hook point that a transcoder reconstructs; the first one itself when absent.
        Target: string option
        /// Tokens of a context, the one that begins it included.
        ContextLength: int
        /// Whether a context begins with the tokenizer's BOS token: as the tokenizer adds it, always, or never.
        Bos: BosRule
        /// How documents fill contexts.
        Packing: PackingStyle
        /// Leading positions of each context that do not count.
        SkipPositions: int
        /// Tokens whose norm exceeds this multiple of the median norm do not count; none when absent.
        SkipNorm: float option
        /// Contexts of one forward pass; part of the key because it can move a bit.
        BatchContexts: int
    }

    /// What is not said otherwise.
    static member Default =
        {
            Hook = "blocks.2.hook_resid_post"
            Target = None
            ContextLength = 128
            Bos = BosRule.Tokenizer
            Packing = PackingStyle.Continuous
            SkipPositions = 0
            SkipNorm = None
            BatchContexts = 8
        }
