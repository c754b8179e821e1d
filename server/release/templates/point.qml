<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields">{aliases}<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">
<symbols>
<symbol type="marker" name="0" alpha="1" clip_to_extent="1" force_rhr="0">
<layer class="SimpleMarker" enabled="1" locked="0" pass="0">
<prop k="name" v="circle"/>
<prop k="color" v="32,64,122,140"/>
<prop k="size" v="2.4"/>
<prop k="outline_color" v="32,64,122,255"/>
<prop k="outline_style" v="solid"/>
<prop k="outline_width" v="0.32"/>
</layer>
</symbol>
</symbols>
<rotation/><sizescale/>
</renderer-v2>
<blendMode>0</blendMode>
<featureBlendMode>0</featureBlendMode>
<layerOpacity>1</layerOpacity>
</qgis>
