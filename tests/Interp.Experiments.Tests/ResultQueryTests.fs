/// Filtering, sorting and the tables made of results.
module Interp.Tests.ResultQueryTests

open Xunit
open Interp
open Interp.Runtime

let private cell k schedule seed fvu dead =
    {
        Cell = $"k={k},schedule={schedule},seed={seed}"
        Axes = [ "k", string k; "schedule", schedule ]
        Seed = seed
        Status = "ok"
        Error = None
        Metrics = Map.ofList [ "fvu", fvu; "dead", dead ]
    }

let private grid =
    {
        Name = "grid"
        Cells =
            [
                cell 8 "constant" 1 0.40 10.0
                cell 8 "constant" 2 0.42 14.0
                cell 8 "linear" 1 0.45 4.0
                cell 8 "linear" 2 0.49 2.0
                cell 16 "constant" 1 0.20 6.0
                cell 16 "constant" 2 0.22 8.0
                { cell 16 "linear" 1 0.0 0.0 with
                    Status = "diverged at step 7"
                    Metrics = Map.empty
                }
            ]
    }

let private where text =
    match ResultQuery.parse text with
    | Ok conditions -> (ResultQuery.where conditions grid).Cells |> List.map _.Cell
    | Error error -> failwith error

let private refused (words: string) action =
    let error = Assert.Throws<InterpException>(fun () -> action () |> ignore)
    Assert.Contains(words, error.Message)

[<Fact>]
let ``conditions compare axes, seeds, statuses and metrics`` () =
    Assert.Equal<string list>(
        [ "k=8,schedule=linear,seed=1"; "k=8,schedule=linear,seed=2" ],
        where "k=8,schedule=linear"
    )

    Assert.Equal<string list>([ "k=16,schedule=linear,seed=1" ], where "status=diverged")
    Assert.Equal<string list>(where "k=16", where "k>8")
    Assert.Equal<string list>(where "k=8", where "k!=16")
    // Compared as numbers: 8 is below 16, though "8" sorts after "16".
    Assert.Equal<string list>(where "k=8", where "k<16")
    Assert.Equal<string list>([ "k=16,schedule=constant,seed=1" ], where "fvu<=0.2")
    Assert.Equal<string list>([ "k=8,schedule=linear,seed=2" ], where "fvu>=0.45,seed=2")
    Assert.Equal<string list>(where "k=8", where " k = 8.0 ")

[<Fact>]
let ``a condition that cannot be met is refused by name`` () =
    Assert.True(ResultQuery.parse "k" |> Result.isError)
    refused "did you mean schedule?" (fun () -> where "shedule=linear")
    refused "did you mean fvu?" (fun () -> ResultQuery.sort "fv" false grid)
    refused "give a number" (fun () -> where "k<many")

[<Fact>]
let ``groups are sorted by their mean, what has no number comes last`` () =
    let order descending column =
        (ResultQuery.sort column descending grid).Cells |> List.map _.Group |> List.distinct

    Assert.Equal<string list>(
        [
            "k=16,schedule=constant"
            "k=8,schedule=constant"
            "k=8,schedule=linear"
            "k=16,schedule=linear"
        ],
        order false "fvu"
    )

    Assert.Equal<string list>(
        [
            "k=8,schedule=constant"
            "k=16,schedule=constant"
            "k=8,schedule=linear"
            "k=16,schedule=linear"
        ],
        order true "dead"
    )

    Assert.Equal("k=16,schedule=constant", order true "k" |> List.head)
    Assert.Equal("k=8,schedule=constant", order false "k" |> List.head)

[<Fact>]
let ``a pivot has a mean in each place, and refuses places of several groups`` () =
    let table = ResultViews.pivot "k" "schedule" Metric.fvu grid
    Assert.Equal<string list>([ "k \\ schedule"; "constant"; "linear" ], table.Header)

    Assert.Equal<string list list>(
        [
            [ "8"; "0.4100 ± 0.0141"; "0.4700 ± 0.0283" ]
            [ "16"; "0.2100 ± 0.0141"; "" ]
        ],
        table.Rows |> List.map (List.map ResultTable.text)
    )

    let wider =
        { grid with
            Cells =
                grid.Cells
                |> List.collect (fun cell ->
                    [ "a"; "b" ]
                    |> List.map (fun kind ->
                        { cell with
                            Axes = cell.Axes @ [ "kind", kind ]
                        }))
        }

    refused "choose among them with --where" (fun () -> ResultViews.pivot "k" "schedule" Metric.fvu wider)
    refused "no axis" (fun () -> ResultViews.pivot "fvu" "schedule" Metric.fvu grid)

[<Fact>]
let ``seeds are aggregated to mean, deviation, interval and count`` () =
    let table = ResultViews.aggregate [ Metric.fvu ] grid
    let row = table.Rows.Head |> List.map ResultTable.number
    // 0.40 and 0.42: deviation 0.02/√2, half-width 12.7062 · 0.01.
    let expected = [ 0.41; 0.0141421; 0.41 - 0.127062; 0.41 + 0.127062; 2.0 ]
    List.iter2 (fun (a: float) b -> Assert.Equal(a, Option.get b, 6)) expected (List.skip 2 row)
    Assert.Equal(3, table.Rows.Length)

[<Fact>]
let ``groups are held against the baseline that shares their other axes, in pairs of seeds`` () =
    let conditions =
        match ResultQuery.parse "schedule=constant" with
        | Ok conditions -> conditions
        | Error error -> failwith error

    let contrast =
        ResultViews.contrasts conditions [ Metric.fvu ] grid |> List.exactlyOne

    Assert.Equal(("k=8,schedule=linear", "k=8,schedule=constant"), (contrast.Group, contrast.Baseline))
    // Differences 0.05 and 0.07: mean 0.06, t = 0.06 / 0.01 = 6 with one degree of freedom, p = 2/π · atan(1/6).
    Assert.Equal(0.06, contrast.Difference.Mean, 12)
    Assert.Equal(2.0 / System.Math.PI * atan (1.0 / 6.0), contrast.Tested.Value.P, 9)
    Assert.Equal(contrast.Tested.Value.P, contrast.Corrected.Value, 12)

    let table = ResultViews.against conditions [ Metric.fvu; Metric.dead ] grid
    Assert.Contains("over the 2 tests", table.Caption)

    let parse text =
        ResultQuery.parse text |> Result.defaultValue []

    refused "No group" (fun () -> ResultViews.against (parse "k=99") [ Metric.fvu ] grid)

    let three =
        { grid with
            Cells = cell 4 "constant" 1 0.5 1.0 :: grid.Cells
        }

    refused "name one baseline" (fun () -> ResultViews.contrasts (parse "k<16") [ Metric.fvu ] three)

[<Fact>]
let ``a table is CSV in full precision, Markdown as people read it, and a frame of numbers`` () =
    let table =
        ResultViews.aggregate
            [ Metric.dead ]
            { grid with
                Cells = List.truncate 2 grid.Cells
            }

    let lines = (ResultTable.csv table).Split '\n'
    Assert.Equal("group,metric,mean,sd,low,high,n", lines[0])
    Assert.StartsWith("\"k=8,schedule=constant\",dead,12,2.8284271247461903,", lines[1])
    Assert.Contains("| k=8,schedule=constant | dead | 12 | 3 |", ResultTable.markdown table)
    let frame = ResultTable.frame table
    Assert.Equal(12.0, frame.GetColumn<float>("mean").Get 0)
