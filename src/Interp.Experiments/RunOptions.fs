namespace Interp

/// How a run goes about its work; nothing here changes a result.
type RunOptions =
    {
        /// Whether a diverged training ends the whole run.
        StopOnDivergence: bool
        /// Whether training activations are computed while training, instead of being stored first.
        Live: bool
    }

    static member Default =
        {
            StopOnDivergence = false
            Live = false
        }
