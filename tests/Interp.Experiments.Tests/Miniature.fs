/// An experiment that takes seconds, and what runs of it leave.
module Interp.Tests.Miniature

open System
open System.IO
open System.Threading
open Interp
open Interp.Tests.CommandLine

let private base' =
    Experiment.create "mini"
    |> Experiment.activations (Hook.residPost 1) (Corpus.world 4_000 |> Corpus.validation 1_000)
    |> Experiment.sae (Sae.expansion 2)
    |> Experiment.train (Train.batch 256 >> Train.passes 2)
    |> Experiment.evaluateOn 2_000 500

let experiment ks = base' |> Sweep.over "k" ks Sae.k

let write path experiment =
    match Path.GetDirectoryName(path: string) with
    | null -> ()
    | folder -> Directory.CreateDirectory folder |> ignore

    File.WriteAllText(path, ExperimentFile.print experiment)

let openStore (folder: TemporaryFolder) name = Store.Open(Some(folder.Child name))

/// Runs in this process.
let run (store: Store) experiment =
    Runner.run (Inputs store.Root) store ignore RunOptions.Default CancellationToken.None experiment

let states (store: Store) experiment =
    Plan.make RunOptions.Default (Inputs store.Root) store experiment
    |> List.map (fun planned -> planned.Stage.Name, planned.State)

/// Artifacts by name, with the time of their records.
let artifacts (store: Store) =
    store.ArtifactFolders
    |> List.map (fun folder ->
        ArtifactFolder.name folder, File.GetLastWriteTimeUtc(Path.Combine(folder, ArtifactFolder.record)))
    |> Map.ofList

/// How often standard errors of runs tell the end of each stage of each cell.
let completed (errors: string list) =
    errors
    |> List.collect (fun text -> text.Split '\n' |> List.ofArray)
    |> List.filter (fun line -> line.Contains "  done in ")
    |> List.map (fun line -> line.Substring(line.IndexOf(']') + 2).Split("  done")[0])
    |> List.countBy id

/// Random times between kills, the same in every run of the tests.
let kills few =
    if Environment.GetEnvironmentVariable "INTERP_SLOW_TESTS" = "1" then
        50
    else
        few
