/// `experiment "name" { ... }` is the pipeline in other words.
module Interp.Tests.ExperimentBuilderTests

open Xunit
open FsCheck
open FsCheck.Xunit
open Interp

[<Property(Arbitrary = [| typeof<SpecTests.Specs> |])>]
let ``the computation expression gives the value of the pipeline``
    (drawn: Spec)
    (ks: int list)
    (drawnSeeds: PositiveInt)
    =
    let count = drawnSeeds.Get % 4
    let change (_: Spec) = drawn

    let written =
        experiment "e" {
            model drawn.Model
            activations drawn.Extract.Hook drawn.Corpus
            extract (Extract.skipPositions drawn.Extract.SkipPositions)
            sae (Sae.k drawn.Sae.K >> Sae.expansion 4)
            train (Train.kSchedule drawn.Train.KSchedule >> Train.batch drawn.Train.Batch)
            evaluateOn drawn.Evaluate.DeadTokens drawn.Evaluate.LossTokens
            evaluate [ Metric.fvu; Metric.kl ]
            stage "own" 3 (fun _ -> [])
            over "k" ks Sae.k
            cases "recipe" [ "as it is", id; "drawn", change ]
            random drawn.Seed 3 [ Draw.integer "batch" 1 1000 Train.batch ]
            where (fun cell -> cell.Spec.Sae.K % 2 = 0)
            sweep (Sweep.union [ id; Sweep.over "passes" [ 2 ] Train.passes ])
            seeds count
        }

    let piped =
        Experiment.create "e"
        |> Experiment.model drawn.Model
        |> Experiment.activations drawn.Extract.Hook drawn.Corpus
        |> Experiment.extract (Extract.skipPositions drawn.Extract.SkipPositions)
        |> Experiment.sae (Sae.k drawn.Sae.K >> Sae.expansion 4)
        |> Experiment.train (Train.kSchedule drawn.Train.KSchedule >> Train.batch drawn.Train.Batch)
        |> Experiment.evaluateOn drawn.Evaluate.DeadTokens drawn.Evaluate.LossTokens
        |> Experiment.evaluate [ Metric.fvu; Metric.kl ]
        |> Experiment.stage "own" 3 (fun _ -> [])
        |> Sweep.over "k" ks Sae.k
        |> Sweep.cases "recipe" [ "as it is", id; "drawn", change ]
        |> Sweep.random drawn.Seed 3 [ Draw.integer "batch" 1 1000 Train.batch ]
        |> Sweep.filter (fun cell -> cell.Spec.Sae.K % 2 = 0)
        |> Sweep.union [ id; Sweep.over "passes" [ 2 ] Train.passes ]
        |> Sweep.seeds count

    written = piped

[<Fact>]
let ``a transcoder and free edits are words too, and the words alone are the default`` () =
    Assert.Equal(Experiment.create "e", experiment "e" { edit id })

    Assert.Equal(
        Experiment.create "e"
        |> Experiment.transcode (Hook.mlpIn 2) (Hook.mlpOut 2) (Corpus.world 1000)
        |> Experiment.edit (Sae.k 9),
        experiment "e" {
            transcode (Hook.mlpIn 2) (Hook.mlpOut 2) (Corpus.world 1000)
            edit (Sae.k 9)
        }
    )
