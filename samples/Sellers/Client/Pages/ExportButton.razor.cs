using System.Globalization;
using Collection.Export.Streaming;
using Collection.Grid.Windowing;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using Sellers.Client.Exports;
using Sellers.Contracts;

namespace Sellers.Client.Pages;

/// <summary>Exports sellers to a file or their names to the clipboard, one export at a time, and flags them afterwards if that is wanted.</summary>
public sealed partial class ExportButton
{
    private static readonly TextLinesFormat s_names = new(Seller.Collection.Schema, "display_name");

    private static readonly FileFormat[] Formats =
    [
        new("CSV", "csv", new CsvFormat(Seller.Collection.Schema), ExportFormat.Csv),
        new("JSON", "json", new JsonFormat(Seller.Collection.Schema), ExportFormat.Json),
        new("JSON lines", "ndjson", new JsonFormat(Seller.Collection.Schema, new JsonOptions { Layout = JsonLayout.Lines }), ExportFormat.JsonLines),
        new("Names", "txt", s_names, null),
    ];

    private readonly Dictionary<ExportScope, ElementReference> _radios = [];
    private ElementReference _button;
    private FileFormat _format = Formats[0];
    private ExportScope? _chosen;
    private bool _flags;
    private bool _isOpen;
    private ElementReference? _wantsFocus;
    private CancellationTokenSource? _cancel;
    private Func<Task>? _again;
    private Course? _course;
    private string? _said;
    private string? _error;

    /// <summary>The sellers.</summary>
    [Parameter, EditorRequired]
    public LocalSellers Sellers { get; set; } = null!;

    /// <summary>Files that the server writes, which it is asked for where there are many rows.</summary>
    [Parameter, EditorRequired]
    public ExportClient Files { get; set; } = null!;

    /// <summary>Raised once the server writes a file.</summary>
    [Parameter]
    public EventCallback FileAsked { get; set; }

    private IEnumerable<ExportScope> Scopes => Sellers.Selection.IsEmpty ? [ExportScope.Matching, ExportScope.All] : Enum.GetValues<ExportScope>();

    // What has been selected is meant, unless somebody says otherwise.
    private ExportScope Scope => _chosen switch
    {
        null or ExportScope.Selected => Scopes.First(),
        { } chosen => chosen,
    };

    private bool CanFlag => CountOf(Scope) is > 0 and <= EditUndo.MaxUnitRows;

    private string? FlagTitle => CountOf(Scope) > EditUndo.MaxUnitRows ? $"No more than {Number(EditUndo.MaxUnitRows)} at once" : null;

    /// <summary>Exports what is selected, in the format that was chosen last.</summary>
    public Task ExportSelectedAsync()
    {
        (_chosen, _flags) = (ExportScope.Selected, false);
        return ExportAsync();
    }

    /// <summary>Copies the names of what is selected.</summary>
    public Task CopySelectedNamesAsync()
    {
        _chosen = ExportScope.Selected;
        return CopyNamesAsync();
    }

    protected override void OnInitialized()
    {
        Sellers.Rows.Changed += StateHasChanged;
        Sellers.Selection.Changed += StateHasChanged;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
            await SweepAsync();
        if (_wantsFocus is null)
            return;
        var element = _isOpen ? _radios[Scope] : _button;
        _wantsFocus = null;
        await element.FocusAsync();
    }

    private async Task SweepAsync()
    {
        try
        {
            await BrowserDownloadSink.SweepAsync(JS, CancellationToken.None);
        }
        catch (JSException)
        {
            // What is left over stays until the next time; the page has better things to say.
        }
    }

    public void Dispose()
    {
        Sellers.Rows.Changed -= StateHasChanged;
        Sellers.Selection.Changed -= StateHasChanged;
        _cancel?.Cancel();
    }

    private void Show(bool isOpen)
    {
        _isOpen = isOpen;
        _wantsFocus = _button;
    }

    private void OnButtonKey(KeyboardEventArgs key)
    {
        if (key.Key == "ArrowDown" && !_isOpen)
            Show(true);
        else if (key.Key == "Escape" && _isOpen)
            Show(false);
    }

    private void OnMenuKey(KeyboardEventArgs key)
    {
        if (key.Key == "Escape")
            Show(false);
    }

    private int? CountOf(ExportScope scope) => scope switch
    {
        ExportScope.Selected => Sellers.Selection.Count,
        ExportScope.Matching => Sellers.Rows.State.Count,
        _ => Sellers.Store.Status.RowCount,
    };

    private string NameOf(ExportScope scope) => scope switch
    {
        ExportScope.Selected => CountOf(scope) is { } selected ? $"{Number(selected)} selected" : "Selected",
        ExportScope.Matching => $"{Number(Sellers.Rows.State.Count)} matching",
        _ => $"All {Number(Sellers.Store.Status.RowCount)}",
    };

    // What the server can find too: it knows of no selection.
    private ViewQuery? QueryOf(ExportScope scope) => scope switch
    {
        ExportScope.Selected => null,
        ExportScope.Matching => Sellers.Rows.State.Query,
        _ => ViewQuery.All with { Sort = Sellers.Rows.Query.Sort },
    };

    private async Task OnFileAskedAsync()
    {
        Show(false);
        await FileAsked.InvokeAsync();
    }

    private async ValueTask<IStoreView> OpenAsync(ExportScope scope, CancellationToken cancellationToken) => scope switch
    {
        ExportScope.Selected => await Sellers.Selection.OpenScopeAsync(Sellers.Rows.Query.Sort, cancellationToken),
        ExportScope.Matching => await Sellers.Rows.OpenSnapshotAsync(cancellationToken),
        _ => (await Sellers.Store.OpenViewAsync(QueryOf(scope)!, new RowRange(0, 0), cancellationToken)).View,
    };

    private Task ExportAsync() => ExportAsync(new ExportRun(Scope, _format, _flags && CanFlag));

    private Task ExportAsync(ExportRun run) => RunAsync(() => ExportAsync(run), "Export cancelled: no file was written", "The export failed and wrote no file.", async cancellationToken =>
    {
        var (scope, format, flags) = run;
        // First of all: browsers ask only just after a click.
        if (await BrowserFileSink.PickAsync(JS, $"sellers.{format.Extension}", format.Rows.MediaType) is not { } sink)
            return null;
        await using var view = await OpenAsync(scope, sink, cancellationToken);
        var result = await ExportAsync(view, format.Rows, sink, cancellationToken);
        // Wanted of this export, and not of all that follow.
        _flags = false;
        var file = $"{Counted(result.Rows, "row")} exported, {Size(result.Bytes)}";
        return flags ? $"{file}. {await FlagAsync(view, cancellationToken)}" : file;
    });

    private Task CopyNamesAsync() => CopyNamesAsync(Scope);

    private Task CopyNamesAsync(ExportScope scope) => RunAsync(() => CopyNamesAsync(scope), "Nothing was copied", "Nothing was copied; export the names to a file instead.", async cancellationToken =>
    {
        var sink = new BrowserClipboardSink(JS);
        await using var view = await OpenAsync(scope, sink, cancellationToken);
        return $"{Counted((await ExportAsync(view, s_names, sink, cancellationToken)).Rows, "name")} copied";
    });

    private Task<ExportProgress> ExportAsync(IStoreView view, IExportFormat format, IExportSink sink, CancellationToken cancellationToken)
    {
        Report("Export", view.Count, new ExportProgress(0, view.Count, 0, TimeSpan.Zero));
        return new RowExporter().ExportAsync(view, format, sink, new Progress<ExportProgress>(progress => Report("Export", view.Count, progress)), cancellationToken);
    }

    // Where the rows cannot be opened, nobody else gives the sink up.
    private async ValueTask<IStoreView> OpenAsync(ExportScope scope, IExportSink sink, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(scope, cancellationToken);
        }
        catch
        {
            await sink.AbortAsync();
            throw;
        }
    }

    // Only of a file that is whole.
    private async Task<string> FlagAsync(IStoreView exported, CancellationToken cancellationToken)
    {
        var flags = new ExportedFlags(Sellers.Edits, exported);
        var watch = TimeProvider.System.GetTimestamp();
        var progress = new Progress<int>(done => Report("Flag", exported.Count, new ExportProgress(done, exported.Count, 0, TimeProvider.System.GetElapsedTime(watch))));
        try
        {
            await flags.RunAsync(progress, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return $"Stopped after {Number(flags.FlaggedCount)} were flagged";
        }
        catch (SyncStoreException e)
        {
            return $"After {Number(flags.FlaggedCount)} were flagged, this happened: {e.Message}";
        }

        return $"{Number(flags.FlaggedCount)} flagged"
            + (flags.ChangedCount > 0 ? $", {Number(flags.ChangedCount)} not: they have changed since" : "")
            + (flags.GoneCount > 0 ? $", {Number(flags.GoneCount)} are not there any more" : "");
    }

    // Runs what ends with something to say, or with nothing where a person thought better of it.
    private async Task RunAsync(Func<Task> again, string cancelled, string failed, Func<CancellationToken, Task<string?>> run)
    {
        // One at a time.
        if (_cancel is not null)
            return;
        using var cancel = _cancel = new CancellationTokenSource();
        _again = again;
        _said = _error = null;
        try
        {
            _said = await run(cancel.Token);
            _chosen = _said is null ? _chosen : null;
        }
        catch (OperationCanceledException)
        {
            _said = cancelled;
        }
        catch (Exception e) when (e is SyncStoreException or IOException or InvalidDataException or JSException or AggregateException)
        {
            _error = $"{failed} {e.Message}";
        }
        finally
        {
            (_course, _cancel) = (null, null);
            StateHasChanged();
        }
    }

    private Task AgainAsync() => _again?.Invoke() ?? Task.CompletedTask;

    private void Report(string name, int total, ExportProgress progress)
    {
        // A report may come late, after the end.
        if (_cancel is null)
            return;
        _isOpen = false;
        var left = progress.TimeLeft is { TotalSeconds: > 1 and var seconds } ? $", {Math.Ceiling(seconds):N0} s left" : "";
        _course = new Course(name, progress.Rows, total, $"{Number(progress.Rows)} of {Counted(total, "row")}{left}");
        StateHasChanged();
    }

    private Task CancelAsync() => _cancel?.CancelAsync() ?? Task.CompletedTask;

    private static string Number(int value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string Counted(int? value, string noun) => value is { } count ? $"{Number(count)} {noun}{(count == 1 ? "" : "s")}" : $"{noun}s";

    private static string Size(long bytes) => bytes < 1_000_000
        ? $"{(bytes / 1e3).ToString("N0", CultureInfo.CurrentCulture)} kB"
        : $"{(bytes / 1e6).ToString("N1", CultureInfo.CurrentCulture)} MB";

    private enum ExportScope
    {
        Selected,
        Matching,
        All,
    }

    private sealed record FileFormat(string Name, string Extension, IExportFormat Rows, ExportFormat? OnServer);

    /// <summary>What an export takes, kept so that it can be tried again.</summary>
    private sealed record ExportRun(ExportScope Scope, FileFormat Format, bool Flags);

    /// <summary>What is shown of what is under way.</summary>
    private sealed record Course(string Name, int Done, int Total, string Text);
}
