/// `interp bench pass`: a grid one after the other, in one pass, and while extracting.
module Interp.Cli.BenchPass

open System.Globalization
open System.IO
open Interp
open Interp.Activations
open Interp.Benchmarks
open Interp.Cli.Arguments
open Interp.Cli.ExperimentOptions
open Interp.Cli.Json

let private examples =
    [
        "bench pass configs/ksearch-smollm2.fsx --model model.gguf --corpus text.jsonl.gz --set sae.k=16,32,64"
    ]

let private measure (prepared: Prepared) =
    let spec = prepared.Experiment.Cells.Head.Spec
    let inputs = prepared.Inputs
    use model = inputs.OpenModel spec

    let packed =
        ContextPacking.Pack(inputs.Documents spec, inputs.Tokenizer spec, ExtractStage.packing spec)

    let folder = Directory.CreateTempSubdirectory("interp-bench-").FullName

    try
        let progress (what: string) = eprintfn "%s" what

        PassBenchmark.Run(
            model,
            packed.Training,
            TrainingTokens.extraction inputs spec packed.BosId,
            ResizeArray
                [
                    for cell in prepared.Experiment.Cells -> TrainingRecipe.ofSpec (inputs.Width cell.Spec) cell.Spec
                ],
            TrainingTokens.rowsKept spec packed.Training.Rows,
            folder,
            progress
        )
    finally
        Directory.Delete(folder, true)

let private print (cells: int) (result: PassBenchmarkResult) =
    let seconds (value: float) =
        value.ToString("0.0", CultureInfo.InvariantCulture).PadLeft 9 + " s"

    let ratio (value: float) =
        value.ToString("0.00", CultureInfo.InvariantCulture)

    printfn "extraction                    %s" (seconds result.Extraction)
    printfn "%3d trainings, single          %s" cells (seconds result.Alone)
    printfn "in one pass                   %s   %s of single" (seconds result.Pass) (ratio result.PassRatio)

    printfn
        "in one pass while extracting  %s   %s of extraction and single"
        (seconds result.Live)
        (ratio result.LiveRatio)

    printfn
        "%s"
        (if result.SameBits then
             "Every training has the same bits in all three ways."
         else
             "The ways differ in their bits.")

let private run arguments =
    let prepared = prepare "bench pass" examples arguments
    let result = measure prepared

    if prepared.Json then
        printfn
            "%s"
            (render (
                Fields
                    [
                        "cells", Integer(int64 prepared.Experiment.Cells.Length)
                        "extraction_s", Number result.Extraction
                        "single_s", Number result.Alone
                        "pass_s", Number result.Pass
                        "live_s", Number result.Live
                        "pass_ratio", Number result.PassRatio
                        "live_ratio", Number result.LiveRatio
                        "same_bits", Flag result.SameBits
                    ]
            ))
    else
        print prepared.Experiment.Cells.Length result

    if result.SameBits then 0 else 1

let command =
    {
        Name = "pass"
        Summary = "the cells of a config: single, in one pass, and while extracting"
        Examples = examples
        Run = run
    }
