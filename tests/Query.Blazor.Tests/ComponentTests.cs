using Collection.Query.Caching;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Collection.Query.Blazor.Tests;

/// <summary>Components over a client whose fetches the test answers, drawn by a renderer that counts.</summary>
public sealed class ComponentTests : IAsyncDisposable
{
    private readonly CountingRenderer _renderer = new();

    public ValueTask DisposeAsync() => _renderer.DisposeAsync();

    [Fact]
    public async Task A_component_renders_when_what_it_reads_changes_and_not_else()
    {
        var name = await _renderer.ShowAsync<NameView>(new() { ["Id"] = 1 });
        name.Text.ShouldBe("...");
        await _renderer.DoAsync(() => name.Queries.SetData<Seller>(["sellers", 1], new Seller("ada", 1)));
        (name.Text, name.Renderings).ShouldBe(("ada", 2));

        await _renderer.DoAsync(() => name.Queries.SetData<Seller>(["sellers", 1], new Seller("ada", 2)));
        await _renderer.DoAsync(() => _ = name.Queries.RefetchAsync(QueryKey.All));
        name.Renderings.ShouldBe(2);
    }

    [Fact]
    public async Task A_change_on_another_thread_is_rendered_where_the_component_lives()
    {
        var name = await _renderer.ShowAsync<NameView>(new() { ["Id"] = 1 });
        await Task.Run(() => name.Queries.SetData<Seller>(["sellers", 1], new Seller("ada", 1)));
        await _renderer.DoAsync(() => { });

        name.Text.ShouldBe("ada");
    }

    [Fact]
    public async Task With_another_parameter_the_query_of_another_key_is_shown_in_one_rendering()
    {
        var name = await _renderer.ShowAsync<NameView>(new() { ["Id"] = 1 });
        await _renderer.DoAsync(() => name.Queries.SetData<Seller>(["sellers", 2], new Seller("bob", 1)));
        await _renderer.ChangeAsync(name, new() { ["Id"] = 2 });

        (name.Text, name.Renderings).ShouldBe(("bob", 2));
        Observed(name).ShouldBe([["sellers", 2]]);
    }

    [Fact]
    public async Task A_query_that_depends_on_another_begins_when_that_one_has_data()
    {
        var view = await _renderer.ShowAsync<DependentView>([]);
        Fetching(view).ShouldBe([["owner"]]);
        await _renderer.DoAsync(() => view.Queries.SetData(["owner"], 7));

        Fetching(view).ShouldBe([["owner"], ["sellers", 7]], ignoreOrder: true);
    }

    [Fact]
    public async Task A_component_that_is_gone_observes_nothing_and_its_fetches_are_cancelled()
    {
        var name = await _renderer.ShowAsync<NameView>(new() { ["Id"] = 1 });
        await _renderer.RemoveAsync(name);

        Observed(name).ShouldBeEmpty();
        Fetching(name).ShouldBeEmpty();
        await _renderer.DoAsync(() => name.Queries.SetData<Seller>(["sellers", 1], new Seller("ada", 1)));
        name.Renderings.ShouldBe(1);
    }

    [Fact]
    public async Task A_mutation_is_rendered_as_it_goes()
    {
        var view = await _renderer.ShowAsync<DependentView>([]);
        await _renderer.DoAsync(() => view.Rename.Mutate("ada"));

        view.Text.ShouldBe("Success");
    }

    private static IEnumerable<QueryKey> Observed(TestComponent view) => view.Queries.Queries().Where(query => query.ObserverCount > 0).Select(query => query.Key);

    private static IEnumerable<QueryKey> Fetching(TestComponent view) => view.Queries.Queries().Where(query => query.FetchStatus == FetchStatus.Fetching).Select(query => query.Key);
}

public sealed record Seller(string Name, int TimesSeen);

public abstract class TestComponent : QueryComponent
{
    public new QueryClient Queries => base.Queries;

    public int Renderings { get; private set; }

    public string Text { get; private set; } = "";

    protected abstract string Show();

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        Renderings++;
        Text = Show();
        builder.AddContent(0, Text);
    }

    protected static Task<T> NeverAsync<T>(CancellationToken cancellationToken) => new TaskCompletionSource<T>().Task.WaitAsync(cancellationToken);
}

public sealed class NameView : TestComponent
{
    private QueryObserver<string> _name = default!;

    [Parameter]
    public int Id { get; set; }

    protected override void OnInitialized() =>
        _name = Observe(() => new QueryOptions<Seller> { Key = ["sellers", Id], Fetch = NeverAsync<Seller> }.Select(seller => seller.Name));

    protected override string Show() => _name.Data ?? "...";
}

public sealed class DependentView : TestComponent
{
    private QueryObserver<int> _owner = default!;
    private QueryObserver<Seller> _seller = default!;

    public Mutation<string, int> Rename { get; private set; } = default!;

    protected override void OnInitialized()
    {
        _owner = Observe(() => new QueryOptions<int> { Key = ["owner"], Fetch = NeverAsync<int> });
        _seller = Observe(() => new QueryOptions<Seller> { Key = ["sellers", _owner.Data], Fetch = NeverAsync<Seller>, Enabled = _owner.HasData });
        Rename = CreateMutation(new MutationOptions<string, int> { Mutate = (_, _) => Task.FromResult(1) });
    }

    protected override string Show() => _seller.HasData ? "" : Rename.Current.Status.ToString();
}
