using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Interp.Studio.Http;

/// <summary>One operation of the API: what its description says and what serves it.</summary>
internal sealed record Operation
{
    /// <summary>GET or POST.</summary>
    public required string Method { get; init; }

    /// <summary>Its route.</summary>
    public required string Path { get; init; }

    /// <summary>What it does, in a sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>The form of the body or the query; null: it asks nothing.</summary>
    public Type? Question { get; init; }

    /// <summary>The form of the answer; null: it is no JSON.</summary>
    public Type? Answer { get; init; }

    /// <summary>Media type of the answer.</summary>
    public string Media { get; init; } = "application/json";

    /// <summary>A body, or the fields of a query, that is served.</summary>
    public JsonNode? Example { get; init; }

    /// <summary>Values of the route's parameters in the example.</summary>
    public IReadOnlyDictionary<string, string> At { get; init; } = new Dictionary<string, string>();

    /// <summary>Serves a request.</summary>
    public required Func<Call, Task> Serve { get; init; }

    /// <summary>An operation that answers a query.</summary>
    public static Operation Get<TQuestion, TAnswer>(string path, string summary, Func<TQuestion, Call, TAnswer> answer) => new()
    {
        Method = HttpMethods.Get,
        Path = path,
        Summary = summary,
        Question = typeof(TQuestion),
        Answer = typeof(TAnswer),
        Serve = async call =>
        {
            using var place = await call.Lanes.Lookup.Enter(call.Cancel);
            await call.Write(answer(Http.Question.OfQuery<TQuestion>(call.Request), call));
        },
    };

    /// <summary>An operation that runs the model on what a body says.</summary>
    public static Operation Post<TQuestion, TAnswer>(string path, string summary, Func<TQuestion, Call, TAnswer> answer) => new()
    {
        Method = HttpMethods.Post,
        Path = path,
        Summary = summary,
        Question = typeof(TQuestion),
        Answer = typeof(TAnswer),
        Serve = async call =>
        {
            using var place = await call.Lanes.Bodies.Enter(call.Cancel);
            var question = await Http.Question.OfBody<TQuestion>(call.Request, call.Cancel);
            await call.Write(await call.InModelLane(() => answer(question, call)));
        },
    };

    /// <summary>Puts it into the application.</summary>
    public void Map(IEndpointRouteBuilder routes, Lanes lanes) => routes.MapMethods(Path, Methods, context => Serve(new Call(context, lanes)));

    /// <summary>What is served by GET answers HEAD too, without its body.</summary>
    private string[] Methods => Method == HttpMethods.Get ? [Method, HttpMethods.Head] : [Method];
}
