"""Keys, by hand: made, shown once, revoked."""

from playwright.sync_api import expect

from tests.e2e.conftest import Visit
from tests.e2e.place import Place


def test_a_key_is_made_shown_once_and_revoked(visit: Visit, place: Place) -> None:
    visit.log_in(place.tenant_key)
    page = visit.go("/keys")
    page.get_by_label("Name", exact=True).fill("from a browser")
    page.get_by_label("Expires").select_option("In a day")
    page.get_by_role("button", name="Create key").click()
    secret = page.get_by_role("region", name="The new key, shown once").inner_text()
    assert secret.startswith("blk_live_")
    assert visit.axe() == []
    visit.go("/keys")
    expect(page.get_by_text(secret)).to_have_count(0)
    row = page.get_by_role("row", name="from a browser").first
    row.locator("summary").click()
    row.get_by_role("button", name="Yes, now and for good").click()
    expect(page.get_by_role("row", name="from a browser").first).to_contain_text("revoked")


def test_usage_filters_live_in_the_address(visit: Visit, place: Place) -> None:
    visit.log_in(place.admin_key)
    page = visit.go("/usage")
    page.get_by_label("By", exact=True).select_option("Model")
    page.get_by_label("Tenant", exact=True).select_option(place.tenant)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**/usage?by=model&tenant={place.tenant}")
    expect(page.get_by_label("By", exact=True)).to_have_value("model")
