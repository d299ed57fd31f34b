namespace Interp

open Interp.Activations
open Interp.Autoencoders
open Interp.Runtime

/// What a stage of one's own reads: one cell after its evaluation.
[<NoEquality; NoComparison>]
type EvaluatedCell =
    {
        /// Everything that determines its numbers.
        Spec: Spec
        /// The trained autoencoder, as a SAELens folder.
        SaeFolder: string
        /// Activations of the held-out documents; read only, and gone after the stage.
        HeldOut: ITokenActivations
        /// What evaluation measured, by the names of the columns.
        Metrics: Map<string, float>
        /// Folder of the stage's artifact: files that are written there are kept with it.
        Folder: string
    }

    /// The trained autoencoder on the cell's device; whoever opens it disposes of it.
    member cell.OpenSae() =
        SaeFolder.Read(cell.SaeFolder, Devices.Parse cell.Spec.Device)

/// A stage of one's own: an F# function with a name and a version, which gives numbers by the names of their columns. Its
/// name and version are in its key, so that a new version runs again and nothing else does.
[<CustomEquality; NoComparison>]
type OwnStage =
    {
        /// Name in plans, keys and the store.
        Name: string
        /// To be raised whenever the function gives other numbers.
        Version: int
        /// Whether its function is here: JSON has but its name and version.
        IsHere: bool
        /// Numbers of a cell by the names of their columns.
        Measure: EvaluatedCell -> (string * float) list
    }

    override own.Equals other =
        match other with
        | :? OwnStage as other -> own.Name = other.Name && own.Version = other.Version
        | _ -> false

    override own.GetHashCode() = hash (own.Name, own.Version)

    static member internal Create(name, version, measure) =
        {
            Name = name
            Version = version
            IsHere = true
            Measure = measure
        }

    /// The stage of an experiment that was read from JSON: what its script knows is not there, so that it cannot run again.
    static member OfFile(name, version) =
        { OwnStage.Create(name, version, fun _ -> []) with
            IsHere = false
        }
