using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace Collection.Grid.Blazor;

/// <summary>Plugs a row source into Microsoft's <see cref="Virtualize{TItem}"/>.</summary>
public static class RowSourceItemsProvider
{
    /// <summary>
    /// Makes a provider of a source's rows. Rows in memory are a completed task, for which <c>Virtualize</c> renders
    /// no placeholder. When the source fails the provider returns no rows: <see cref="IRowSource{TRow}.State"/> has the
    /// error, and an exception would take the whole page down. Call
    /// <see cref="Virtualize{TItem}.RefreshDataAsync"/> when the state's version has changed.
    /// </summary>
    public static ItemsProviderDelegate<TRow> ToItemsProvider<TRow>(this IRowSource<TRow> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.ToItemsProvider(static (row, _) => row);
    }

    /// <summary>The same, with each row made into an item that may know its position.</summary>
    internal static ItemsProviderDelegate<TItem> ToItemsProvider<TRow, TItem>(this IRowSource<TRow> source, Func<TRow, int, TItem> toItem) =>
        async request =>
        {
            try
            {
                var rows = await source.GetAsync(request.StartIndex, request.Count, request.CancellationToken);
                return new ItemsProviderResult<TItem>([.. rows.Select((row, i) => toItem(row, request.StartIndex + i))], source.State.Count);
            }
            catch (Exception)
            {
                // Virtualize tolerates the cancellation of its own token alone, whatever the source has thrown.
                request.CancellationToken.ThrowIfCancellationRequested();
                return new ItemsProviderResult<TItem>([], source.State.Count);
            }
        };
}
