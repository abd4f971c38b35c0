namespace Collection.Query.Caching;

/// <summary>What a function has made of a query's data, made anew only when the data or the function is another.</summary>
internal sealed class Selection<T, TData>
{
    private Func<T, TData>? _select;
    private T? _input;
    private TData? _output;
    private bool _hasOutput;
    private Exception? _error;

    /// <summary>A result with the selected data; where the function throws, with its error, and what it made last.</summary>
    public QueryResult<TData> Apply(SelectedQuery<T, TData> query, T input, QueryResult<TData> result)
    {
        if (_select != query.Select || !IsSame(_input, input))
            Select(query, input);
        return _error is null
            ? result with { HasData = true, Data = _output }
            : result with { Status = QueryStatus.Error, Error = _error, HasData = _hasOutput, Data = _output };
    }

    private void Select(SelectedQuery<T, TData> query, T input)
    {
        (_select, _input, _error) = (query.Select, input, null);
        try
        {
            var output = query.Select(input);
            _output = _hasOutput ? query.Share(_output!, output) : output;
            _hasOutput = true;
        }
        catch (Exception error)
        {
            _error = error;
        }
    }

    private static bool IsSame(T? former, T next) =>
        typeof(T).IsValueType ? EqualityComparer<T>.Default.Equals(former, next) : ReferenceEquals(former, next);
}
