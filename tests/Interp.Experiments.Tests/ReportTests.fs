/// The page of a result: complete, escaped, and the same bytes every time.
module Interp.Tests.ReportTests

open System.Globalization
open System.Text.Json
open System.Text.RegularExpressions
open Xunit
open Interp
open Interp.Tests.CommandLine

let private demo name =
    System.IO.Path.Combine(repository, "results", name)

let private figures (page: string) =
    let found =
        Regex.Match(page, "(?s)<script type=\"application/json\" id=\"figures\">(.*?)</script>")

    JsonDocument.Parse found.Groups[1].Value

[<Fact>]
let ``a page has the table, five charts with error bars, and loads nothing`` () =
    let page = ReportPage.load (demo "demo")
    Assert.Contains("plotly.js v", page)
    Assert.Contains("<h1>demo</h1>", page)
    Assert.DoesNotContain(repository, page)
    Assert.DoesNotMatch("(?i)<(script|link|img|iframe)[^>]*(src|href)=", page)
    Assert.Contains("<td class=\"number\">0.0859 ± 0.0005</td>", page)
    Assert.Contains("Model world, blocks.2.hook_resid_post", page)
    use json = figures page
    Assert.Equal(5, json.RootElement.GetArrayLength())
    let fvu = json.RootElement[0].GetProperty("data")[0]
    let ks = [ for k in fvu.GetProperty("x").EnumerateArray() -> k.GetDouble() ]
    Assert.Equal<float list>([ 8.0; 16.0; 32.0; 64.0 ], ks)
    let bars = fvu.GetProperty("error_y").GetProperty "array"
    Assert.Equal(4, bars.GetArrayLength())
    // (0.085584 + 0.086280) / 2 of table.csv.
    let mean = fvu.GetProperty("y")[0]
    Assert.Equal(0.085932, mean.GetDouble(), 9)

[<Fact>]
let ``every stored result has a page, of one K too`` () =
    for folder in System.IO.Directory.GetDirectories(System.IO.Path.Combine(repository, "results")) do
        use json = figures (ReportPage.load folder)
        Assert.True(json.RootElement.GetArrayLength() >= 4, folder)

        for figure in json.RootElement.EnumerateArray() do
            for trace in figure.GetProperty("data").EnumerateArray() do
                let points (name: string) =
                    (trace.GetProperty name).GetArrayLength()

                Assert.True((points "x" > 0), folder)
                Assert.Equal(points "x", points "y")

[<Fact>]
let ``the bytes are the same twice and under a Turkish culture`` () =
    let outer = CultureInfo.CurrentCulture
    let first = ReportPage.load (demo "demo")

    try
        CultureInfo.CurrentCulture <- CultureInfo "tr-TR"
        Assert.Equal(first, ReportPage.load (demo "demo"))
    finally
        CultureInfo.CurrentCulture <- outer

[<Fact>]
let ``names from a config cannot leave their place in the page`` () =
    let attack = "</script><img src=x onerror=alert(1)>"

    let results =
        {
            Name = attack
            Cells =
                [
                    {
                        Cell = $"with={attack},seed=1"
                        Axes = [ "with", attack ]
                        Seed = 1
                        Status = "ok"
                        Error = None
                        Metrics = Map.ofList [ "fvu", 0.5; "ce_recovered", 0.5 ]
                    }
                ]
        }

    let side =
        {
            Name = attack
            Results = results
            Experiment =
                Some(Experiment.create attack |> Experiment.edit (fun spec -> { spec with Model = ModelPath attack }))
            Provenance =
                Some
                    {
                        Environment = [ "cpu", attack ]
                        Stages = []
                    }
        }

    Assert.DoesNotContain(attack, ReportPage.make side [ attack ] None None)

[<Fact>]
let ``a number with its thousands apart stays on one line`` () =
    let page = ReportPage.load (demo "demo")
    Assert.Contains("dead of 2\u00A0048 in 200\u00A0000 tokens", page)
    Assert.DoesNotMatch(@">[^<]*\d \d{3}\b[^<]*<", Regex.Replace(page, "(?s)<script.*?</script>", ""))
