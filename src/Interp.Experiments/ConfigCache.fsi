namespace Interp

open System.Reflection

/// What scripts gave, kept by content: of the script, of all that it loads or references, and of the framework's assemblies.
/// Nothing else names what is kept, so that it is always what the script as it is now would give.
[<RequireQualifiedAccess>]
module internal ConfigCache =
    /// The framework's assemblies, which scripts are compiled against.
    val assemblies: Assembly list

    /// What the script of a path and text gave when it was last evaluated, or what that gives now. What is torn or altered is not
    /// believed. Stages of one's own are functions, and what is not valid may have no JSON: such an experiment is evaluated each time.
    val remember: storeRoot: string -> path: string -> text: string -> evaluate: (unit -> Experiment) -> Experiment
