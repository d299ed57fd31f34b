namespace Interp

/// How a run goes about its work; nothing here changes a result.
type RunOptions =
    {
        /// Whether a diverged training ends the whole run.
        StopOnDivergence: bool
        /// Whether training activations are computed while training, instead of being stored first.
        Live: bool
        /// Checkpoints that a training under way keeps.
        KeepCheckpoints: int
        /// Bytes of memory that a run may take; four fifths of what is free when absent.
        Memory: int64 option
        /// Whether stages that failed before are tried again.
        RetryFailed: bool
        /// The command line that artifacts are noted to come from; empty where there is none.
        Command: string
    }

    /// What `interp run` does without options.
    static member Default =
        {
            StopOnDivergence = false
            Live = false
            KeepCheckpoints = Interp.Autoencoders.TrainingCheckpoints.DefaultKeep
            Memory = None
            RetryFailed = false
            Command = ""
        }
