// Runs in the desk's page before its own scripts, and says when what is asked for is shown, in milliseconds.
{
    const until = (clicked, shown) => new Promise((done) => {
        const begun = performance.now();
        const look = () => (shown() ? done(performance.now() - begun) : requestAnimationFrame(look));
        clicked.click();
        requestAnimationFrame(look);
    });
    const select = async (link) => {
        const key = link.closest('.finding').dataset.key;
        const side = () => document.getElementById('sisi').dataset;
        const spent = await until(link, () => {
            const row = document.querySelector('#isi-tabel tr[aria-current="true"]')?.dataset.row;
            return location.search.includes(key) && side().row && (row ?? side().row) === side().row
                && document.querySelector('.finding[aria-current="true"]')?.dataset.key === key
                && side().seen !== '1';
        });
        side().seen = '1';
        return spent;
    };
    const openTable = (tab) => until(tab, () => document.querySelector('#isi-tabel tbody tr'));
    const bench = window.bench = {openTable, select};

    document.addEventListener('peta:ready', ({target}) => {
        target.map.once('idle', () => { bench.mapDrawn ??= performance.now(); });
    });
    new MutationObserver(() => {
        if (document.querySelector('.finding')) bench.listed ??= performance.now();
    }).observe(document, {childList: true, subtree: true});
}
