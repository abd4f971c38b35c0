using Collection.Grid.Windowing.Tests;
using Collection.Sync.Abstractions;
using Microsoft.AspNetCore.Components.Web.Virtualization;

namespace Collection.Grid.Blazor.Tests;

public sealed class ItemsProviderTests : RowSourceTest
{
    [Fact]
    public async Task Rows_in_memory_are_a_completed_task()
    {
        MakeReady();

        var answer = Source.ToItemsProvider()(new ItemsProviderRequest(0, 10, default));

        answer.IsCompletedSuccessfully.ShouldBeTrue();
        var result = await answer;
        result.TotalItemCount.ShouldBe(1000);
        result.Items.Select(row => row.Position).ShouldBe(Enumerable.Range(0, 10).Select(position => (long)position));
    }

    [Fact]
    public async Task A_cancelled_request_throws_with_its_own_token()
    {
        MakeReady();
        using var request = new CancellationTokenSource();

        var answer = Source.ToItemsProvider()(new ItemsProviderRequest(500, 10, request.Token)).AsTask();
        await request.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(answer)).CancellationToken.ShouldBe(request.Token);
    }

    [Fact]
    public async Task A_failed_read_gives_no_rows_and_does_not_take_the_page_down()
    {
        var view = MakeReady();

        var answer = Source.ToItemsProvider()(new ItemsProviderRequest(500, 10, default));
        view.Reads[^1].Answer.SetException(new SyncStoreException(SyncStoreFailure.Failed, "The disk is gone."));

        (await answer).Items.ShouldBeEmpty();
        Source.State.Phase.ShouldBe(RowSourcePhase.Failed);
    }
}
